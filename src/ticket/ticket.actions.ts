import { Prisma, type TicketKind } from '../../prisma/generated/client.ts'
import { bodyText, filled, maxTitleLength, text } from '../check.ts'
import type { Viewer } from '../context.ts'
import type { Transaction } from '../database/transaction.ts'
import { Conflict, type FieldError, NotFound } from '../errors.ts'
import type { FieldChange } from '../history/history.sql.ts'
import { assignableIn, mustHaveRole, type ProjectRights, rightsColumns } from '../project/project.access.ts'
import { isUserReference, ticketsNamed, usersNamed } from '../reference.ts'
import { visibleTickets } from './ticket.access.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'

/** What the texts of a ticket must be, wherever one is filed or changed. */
export const ticketRules = {
  title: filled(text(maxTitleLength)),
  description: bodyText.nullable(),
} as const

/** A ticket locked until the transaction ends, with the viewer's rights in its project. */
export type LockedTicket = TicketRow & ProjectRights

/** Locks a ticket by id or key; NOT_FOUND where there is none to see, or none of that kind. */
export async function lockTicket(
  tx: Transaction,
  viewer: Viewer,
  reference: string,
  kind?: TicketKind,
): Promise<LockedTicket> {
  await tx.$queryRaw`SELECT FROM tickets t WHERE ${ticketsNamed([reference])} AND ${visibleTickets(viewer)} FOR UPDATE`
  // A statement of its own: it sees the rights, and the project, as they are after the wait for the lock.
  const [ticket] = await tx.$queryRaw<LockedTicket[]>`
    SELECT ${ticketColumns.all}, ${rightsColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${ticketsNamed([reference])} AND ${visibleTickets(viewer)}`
  if (!ticket || (kind && ticket.kind !== kind))
    throw new NotFound(`There is no ${kind?.toLowerCase() ?? 'ticket'} ${reference}.`)
  return ticket
}

/** Finds a version at fault that the ticket has not had. */
export function checkVersion({ version }: TicketRow, expected: number | null | undefined, faults: FieldError[]): void {
  if (expected === null || expected === undefined || (expected >= 1 && expected <= version)) return
  faults.push({ path: 'expectedVersion', message: `is no version of the ticket: it has had 1 to ${version}` })
}

/**
 * CONFLICT when fields that are to change were changed by others since the version that the caller saw; changes of
 * other fields since then merge.
 */
export async function mustNotConflict(
  tx: Transaction,
  { id, version }: TicketRow,
  expectedVersion: number | null | undefined,
  changes: readonly FieldChange[],
): Promise<void> {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === version) return
  const since = await tx.$queryRaw<{ field: string }[]>`
    SELECT DISTINCT change ->> 'field' AS field FROM history h, jsonb_array_elements(h.changes) change
    WHERE h.ticket_id = ${id}::uuid AND h.version > ${expectedVersion}`
  const theirs = new Set(since.map(({ field }) => field))
  const fields = changes
    .filter(({ field }) => theirs.has(field))
    .map(({ field, from, to }) => ({ field, theirs: from, yours: to }))
  if (fields.length === 0) return
  const names = fields.map(({ field }) => field).join(', ')
  throw new Conflict(`Others have changed ${names} since version ${expectedVersion}.`, {
    currentVersion: version,
    fields,
  })
}

/**
 * Writes a change of a locked ticket and its history in one statement: the assignments to columns of tickets `t`, where
 * `moment.at` is the time of the change, the next version, and what the change was.
 */
export async function recordChange(
  tx: Transaction,
  viewer: Viewer,
  { id }: TicketRow,
  assignments: readonly Prisma.Sql[],
  changes: readonly FieldChange[],
): Promise<TicketRow> {
  const further = assignments.map((assignment) => Prisma.sql`${assignment}, `)
  const [ticket] = await tx.$queryRaw<TicketRow[]>`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at),
    changed AS (
      UPDATE tickets t SET ${Prisma.join([...further, Prisma.empty], '')}
        version = t.version + 1, updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM moment WHERE t.id = ${id}::uuid RETURNING ${ticketColumns.all}),
    recorded AS (
      INSERT INTO history (ticket_id, actor_id, at, version, changes)
      SELECT id, ${viewer.id}::uuid, "updatedAt", version, ${JSON.stringify(changes)}::jsonb FROM changed)
    SELECT * FROM changed`
  return ticket as TicketRow
}

/** Who a ticket of the project is to be assigned to; `faults` takes a fault when they could not be. */
export async function findAssignee(
  tx: Transaction,
  projectId: string,
  reference: string,
  faults: FieldError[],
): Promise<{ id: string; name: string } | null> {
  const rows = isUserReference(reference)
    ? await tx.$queryRaw<{ id: string; name: string }[]>`
        SELECT u.id, u.name FROM users u WHERE ${usersNamed([reference])} AND ${assignableIn(projectId)}`
    : []
  if (!rows[0])
    faults.push({
      path: 'assigneeId',
      message: 'names nobody who could be assigned: an active user who may see the project',
    })
  return rows[0] ?? null
}

/** Archives a ticket or takes it back. */
export async function archiveTicket(
  tx: Transaction,
  viewer: Viewer,
  reference: string,
  archived: boolean,
): Promise<TicketRow> {
  const ticket = await lockTicket(tx, viewer, reference)
  mustHaveRole(ticket, 'MAINTAINER', 'Archiving a ticket')
  if (archived === (ticket.archivedAt !== null)) return ticket
  const archivedAt = archived ? new Date() : null
  const change = {
    field: 'archivedAt',
    from: ticket.archivedAt?.toISOString() ?? null,
    to: archivedAt?.toISOString() ?? null,
  }
  return recordChange(tx, viewer, ticket, [Prisma.sql`archived_at = ${archivedAt}::timestamptz`], [change])
}
