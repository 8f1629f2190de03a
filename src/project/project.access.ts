import type { ProjectRole } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import { Forbidden } from '../errors.ts'
import type { Viewer } from '../viewer.ts'

const ranks: readonly ProjectRole[] = ['VIEWER', 'REPORTER', 'CONTRIBUTOR', 'MAINTAINER']

/** The projects `p` that the viewer may see. */
export function visibleProjects({ id, role }: Viewer): Sql {
  if (role === 'ADMIN') return sql`TRUE`
  return sql`(p.default_role IS NOT NULL
    OR EXISTS (SELECT FROM project_members m WHERE m.project_id = p.id AND m.user_id = ${id}::uuid))`
}

/** The viewer's role in project `p`: the higher of their own and everybody's; null where they may not see it. */
function roleInProject({ id, role }: Viewer): Sql {
  if (role === 'ADMIN') return sql`'MAINTAINER'::project_role`
  return sql`GREATEST(p.default_role,
    (SELECT m.role FROM project_members m WHERE m.project_id = p.id AND m.user_id = ${id}::uuid))`
}

/** Users `u` who could be assigned in a project: active ones who may see it. */
export function assignableIn(projectId: string): Sql {
  return sql`u.active AND (u.role = 'ADMIN'
    OR EXISTS (SELECT FROM projects p WHERE p.id = ${projectId}::uuid AND p.default_role IS NOT NULL)
    OR EXISTS (SELECT FROM project_members m WHERE m.project_id = ${projectId}::uuid AND m.user_id = u.id))`
}

/** What the rights in a project hang on. */
export interface ProjectRights {
  readonly projectKey: string
  readonly viewerRole: ProjectRole
  /** An archived project can only be read, and unarchived by its maintainers. */
  readonly projectArchivedAt: Date | null
}

/** The columns of ProjectRights, from projects `p`. */
export const rightsColumns = (viewer: Viewer) => sql`
  p.key AS "projectKey", p.archived_at AS "projectArchivedAt", ${roleInProject(viewer)} AS "viewerRole"`

/** Whether the viewer may do what takes a role, given as SQL, in project `p`: as `hasRole` tells of rights that were read. */
export const roleSuffices = (viewer: Viewer, needed: Sql) =>
  sql`(p.archived_at IS NULL AND ${roleInProject(viewer)} >= ${needed}::project_role)`

/** Whether the viewer may do what takes that role. */
export function hasRole({ viewerRole, projectArchivedAt }: ProjectRights, needed: ProjectRole): boolean {
  return projectArchivedAt === null && ranks.indexOf(viewerRole) >= ranks.indexOf(needed)
}

/** FORBIDDEN unless the viewer may do what takes that role; `deed` says what, as in "Assigning a ticket". */
export function mustHaveRole(rights: ProjectRights, needed: ProjectRole, deed: string): void {
  if (hasRole(rights, needed)) return
  const { projectKey, projectArchivedAt, viewerRole } = rights
  throw new Forbidden(
    projectArchivedAt
      ? `Project ${projectKey} is archived and read-only. Unarchive it first.`
      : `${deed} requires ${needed} in ${projectKey}; your role is ${viewerRole}.`,
  )
}
