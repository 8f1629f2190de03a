import type { ProjectRole } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import { Forbidden } from '../errors.ts'
import type { Viewer } from '../viewer.ts'

const ranks: readonly ProjectRole[] = ['VIEWER', 'REPORTER', 'CONTRIBUTOR', 'MAINTAINER']

/** Condition on projects `p`. */
export function visibleProjects({ id, role }: Viewer): Sql {
  if (role === 'ADMIN') return sql`TRUE`
  return sql`(p.default_role IS NOT NULL
    OR EXISTS (SELECT FROM project_members m WHERE m.project_id = p.id AND m.user_id = ${id}::uuid))`
}

/** Condition that a project is visible. `project` is an expression for its id. */
export const visibleProject = (viewer: Viewer, project: Sql): Sql =>
  sql`EXISTS (SELECT FROM projects p WHERE p.id = ${project} AND ${visibleProjects(viewer)})`

/** The viewer's role in project `p`: the higher of the individual and the default role; null if there is neither. */
export function roleInProject({ id, role }: Viewer): Sql {
  if (role === 'ADMIN') return sql`'MAINTAINER'::project_role`
  return sql`GREATEST(p.default_role,
    (SELECT m.role FROM project_members m WHERE m.project_id = p.id AND m.user_id = ${id}::uuid))`
}

/** Condition on users `u`: active users who can see the project. `project` is an expression for its id. */
export function assignableUsers(project: Sql): Sql {
  return sql`(u.active AND (u.role = 'ADMIN'
    OR EXISTS (SELECT FROM projects p WHERE p.id = ${project} AND p.default_role IS NOT NULL)
    OR EXISTS (SELECT FROM project_members m WHERE m.project_id = ${project} AND m.user_id = u.id)))`
}

export interface ProjectPermissions {
  readonly projectKey: string
  readonly viewerRole: ProjectRole
  /** An archived project is read-only, except for unarchiving. */
  readonly projectArchivedAt: Date | null
}

export const permissionColumns = (viewer: Viewer) => sql`
  p.key AS "projectKey", p.archived_at AS "projectArchivedAt", ${roleInProject(viewer)} AS "viewerRole"`

/** `hasRole` as a condition on projects `p`. */
export const roleSuffices = (viewer: Viewer, role: Sql) =>
  sql`(p.archived_at IS NULL AND ${roleInProject(viewer)} >= ${role}::project_role)`

export function hasRole({ viewerRole, projectArchivedAt }: ProjectPermissions, role: ProjectRole): boolean {
  return projectArchivedAt === null && ranks.indexOf(viewerRole) >= ranks.indexOf(role)
}

/** `action` begins the error message: "Assigning a ticket". */
export function mustHaveRole(permissions: ProjectPermissions, role: ProjectRole, action: string): void {
  if (hasRole(permissions, role)) return
  const { projectKey, projectArchivedAt, viewerRole } = permissions
  throw new Forbidden(
    projectArchivedAt
      ? `Project ${projectKey} is archived and read-only. Unarchive it first.`
      : `${action} requires ${role} in ${projectKey}; your role is ${viewerRole}.`,
  )
}
