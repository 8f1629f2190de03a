import { type Sql, sql } from '../database/sql.ts'
import { Forbidden } from '../errors.ts'
import { hasRole, mustHaveRole, type ProjectRights, roleSuffices, visibleProjects } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import type { TicketRow } from './ticket.sql.ts'

/**
 * The tickets `t` that the viewer may see: those of the projects they may see. The array is found once, so that an index
 * can be entered with it, or walked in the order of a list and checked against it.
 */
export function visibleTickets(viewer: Viewer): Sql {
  if (viewer.role === 'ADMIN') return sql`TRUE`
  return sql`t.project_id = ANY(ARRAY(SELECT p.id FROM projects p WHERE ${visibleProjects(viewer)}))`
}

/**
 * The same, for tickets `t` that are found by what names them: each by its own project. The array takes the longer the
 * more projects there are, and only where a ticket is found: time would tell that it is there.
 */
export const visibleTicketsByReference = (viewer: Viewer): Sql =>
  sql`EXISTS (SELECT FROM projects p WHERE p.id = t.project_id AND ${visibleProjects(viewer)})`

type Filed = Pick<TicketRow, 'reporterId'>

/** Whether the viewer may edit a ticket: contributors every one, reporters what they filed. */
export const canUpdate = (viewer: Viewer, ticket: Filed, rights: ProjectRights) =>
  hasRole(rights, 'CONTRIBUTOR') || (hasRole(rights, 'REPORTER') && ticket.reporterId === viewer.id)

/** The same as SQL, over tickets `t` in projects `p`. */
export const updatableTickets = (viewer: Viewer) =>
  roleSuffices(viewer, sql`CASE WHEN t.reporter_id = ${viewer.id}::uuid THEN 'REPORTER' ELSE 'CONTRIBUTOR' END`)

export const canComment = (rights: ProjectRights) => hasRole(rights, 'REPORTER')
export const canAssign = (rights: ProjectRights) => hasRole(rights, 'CONTRIBUTOR')
export const canArchive = (rights: ProjectRights) => hasRole(rights, 'MAINTAINER')

/** FORBIDDEN unless the viewer may edit the ticket. */
export function mustBeAbleToUpdate(viewer: Viewer, ticket: Filed, rights: ProjectRights): void {
  if (canUpdate(viewer, ticket, rights)) return
  mustHaveRole(rights, 'REPORTER', 'Editing a ticket')
  throw new Forbidden(
    `Editing this ticket requires CONTRIBUTOR in ${rights.projectKey}; as REPORTER you can only edit tickets that you created.`,
  )
}
