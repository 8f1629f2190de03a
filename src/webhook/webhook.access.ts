import { type Sql, sql } from '../database/sql.ts'
import { Forbidden } from '../errors.ts'
import { roleInProject } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'

/** Condition on webhooks `w`: those that the viewer can manage, also in an archived project. */
export function visibleWebhooks(viewer: Viewer): Sql {
  if (viewer.role === 'ADMIN') return sql`TRUE`
  return sql`EXISTS (SELECT FROM projects p WHERE p.id = w.project_id AND ${roleInProject(viewer)} = 'MAINTAINER')`
}

/** Condition on webhooks `w` with owners `u`: the owner may receive what the webhook sends. */
export const isOwnerPermitted = sql`(u.active AND (u.role = 'ADMIN' OR EXISTS (
  SELECT FROM projects p LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = u.id
  WHERE p.id = w.project_id AND GREATEST(p.default_role, m.role) = 'MAINTAINER')))`

export const ownerWithoutPermission =
  'The owner is deactivated, or lacks the role MAINTAINER in the project, or ADMIN for all projects. Enable the webhook to become its owner.'

export function mustBeAbleToReceiveAllProjects(viewer: Viewer): void {
  if (viewer.role !== 'ADMIN')
    throw new Forbidden(`A webhook for all projects requires ADMIN; your role is ${viewer.role}. Pass \`projectId\`.`)
}
