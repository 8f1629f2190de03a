import { type Sql, sql } from '../database/sql.ts'
import { Forbidden } from '../errors.ts'
import {
  hasRole,
  mustHaveRole,
  type ProjectPermissions,
  roleSuffices,
  visibleProjects,
} from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import type { TicketRow } from './ticket.sql.ts'

/** Condition on tickets `t`. The array is computed once per statement and suits an index scan in the order of a list. */
export function visibleTickets(viewer: Viewer): Sql {
  if (viewer.role === 'ADMIN') return sql`TRUE`
  return sql`t.project_id = ANY(ARRAY(SELECT p.id FROM projects p WHERE ${visibleProjects(viewer)}))`
}

/** SELECT of the `id` of each visible project for which a condition on `t.project_id` is true. */
export const selectVisibleProjectIds = (viewer: Viewer, ofProject: Sql): Sql =>
  sql`SELECT t.project_id AS id FROM (SELECT p.id AS project_id FROM projects p WHERE ${visibleProjects(viewer)}) t WHERE ${ofProject}`

/**
 * `visibleTickets` for a single ticket, in the same time for any number of projects. Otherwise timing would reveal
 * hidden tickets.
 */
export const visibleTicketsByReference = (viewer: Viewer): Sql =>
  sql`EXISTS (SELECT FROM projects p WHERE p.id = t.project_id AND ${visibleProjects(viewer)})`

type WithReporter = Pick<TicketRow, 'reporterId'>

export const canUpdate = (viewer: Viewer, ticket: WithReporter, permissions: ProjectPermissions) =>
  hasRole(permissions, 'CONTRIBUTOR') || (hasRole(permissions, 'REPORTER') && ticket.reporterId === viewer.id)

/** `canUpdate` as a condition on tickets `t` in projects `p`. */
export const updatableTickets = (viewer: Viewer) =>
  roleSuffices(viewer, sql`CASE WHEN t.reporter_id = ${viewer.id}::uuid THEN 'REPORTER' ELSE 'CONTRIBUTOR' END`)

export const canComment = (permissions: ProjectPermissions) => hasRole(permissions, 'REPORTER')
export const canAssign = (permissions: ProjectPermissions) => hasRole(permissions, 'CONTRIBUTOR')
export const canArchive = (permissions: ProjectPermissions) => hasRole(permissions, 'MAINTAINER')

export function mustBeAbleToUpdate(viewer: Viewer, ticket: WithReporter, permissions: ProjectPermissions): void {
  if (canUpdate(viewer, ticket, permissions)) return
  mustHaveRole(permissions, 'REPORTER', 'Editing a ticket')
  throw new Forbidden(
    `Editing this ticket requires CONTRIBUTOR in ${permissions.projectKey}; as REPORTER you can only edit tickets that you reported.`,
  )
}
