import type { TicketKind } from '../../prisma/generated/client.ts'
import { join, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { Conflict, type FieldError, NotFound } from '../errors.ts'
import {
  assignableIn,
  mustHaveRole,
  type ProjectRights,
  rightsColumns,
  roleSuffices,
} from '../project/project.access.ts'
import { isUserReference, ticketsNamed, usersNamed } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { visibleTicketsNamed } from './ticket.access.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'
import { changesAsJson, type FieldChange } from './ticket-change.sql.ts'

/** A ticket that is to be changed, with the viewer's rights in its project. */
export type ChangingTicket = TicketRow & ProjectRights

/**
 * Returns the ticket with an id or a key, with the viewer's rights. Locks it if `db` is a transaction. Throws NOT_FOUND if the
 * viewer may see no such ticket of the kind.
 */
export async function lockTicket(
  db: Statements,
  viewer: Viewer,
  reference: string,
  kind?: TicketKind,
): Promise<ChangingTicket> {
  const named = sql`${ticketsNamed([reference])} AND ${visibleTicketsNamed(viewer)}`
  if (db.inTransaction) await db.query(sql`SELECT FROM tickets t WHERE ${named} FOR UPDATE`)
  // A separate statement sees the rights and the project as of after the wait for the lock.
  const [ticket] = await db.query<ChangingTicket[]>(sql`
    SELECT ${ticketColumns.all}, ${rightsColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${named}`)
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
  db: Statements,
  { id, version }: TicketRow,
  expectedVersion: number | null | undefined,
  changes: readonly FieldChange[],
): Promise<void> {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === version) return
  const since = await db.query<{ field: string }[]>(sql`
    SELECT DISTINCT change ->> 'field' AS field FROM history h, jsonb_array_elements(h.changes) change
    WHERE h.ticket_id = ${id}::uuid AND h.version > ${expectedVersion}`)
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

/** A change of a ticket, as SQL. */
export interface TicketChange {
  /** Which ticket `t`, in project `p`, and all that must hold for it to be changed. */
  readonly which: Sql
  /** What changes, in the words of history; an empty array is no change. */
  readonly changes: Sql
  /** Assignments to columns of tickets `t`, where `moment.at` is the time of the change. */
  readonly set?: readonly Sql[]
  /** Further parts of the statement: common table expressions that read `changed`. */
  readonly also?: readonly Sql[]
}

/** The ticket that a change was decided on, if it is still as it was and the role of the viewer still suffices. */
export const asDecided = (viewer: Viewer, { id, version, viewerRole }: ChangingTicket) => sql`
  t.id = ${id}::uuid AND t.version = ${version} AND ${roleSuffices(viewer, sql`${viewerRole}`)}`

/**
 * Writes a change of a ticket and its history in one statement. Writes nothing and throws LostRace where no ticket is
 * as the change wants it, somebody else holds it, or nothing changes.
 */
export async function recordChange(
  db: Statements,
  viewer: Viewer,
  { which, changes, set = [], also = [] }: TicketChange,
): Promise<TicketRow> {
  const [ticket] = await db.query<TicketRow[]>(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at),
    held AS MATERIALIZED (
      SELECT t.id, ${changes} AS changes FROM tickets t JOIN projects p ON p.id = t.project_id WHERE ${which}
      FOR UPDATE OF t SKIP LOCKED),
    changed AS (
      UPDATE tickets t SET ${join([...set, sql`version = t.version + 1`])},
        updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM moment, held WHERE t.id = held.id AND held.changes <> '[]' RETURNING ${ticketColumns.all}, held.changes),
    ${join([
      ...also,
      sql`recorded AS (
      INSERT INTO history (ticket_id, actor_id, at, version, changes)
      SELECT id, ${viewer.id}::uuid, "updatedAt", version, changes FROM changed)`,
    ])}
    SELECT ${ticketColumns.names} FROM changed`)
  if (!ticket) throw new LostRace()
  return ticket
}

/** Who a ticket of the project is to be assigned to; `faults` takes a fault when they could not be. */
export async function findAssignee(
  db: Statements,
  projectId: string,
  reference: string,
  faults: FieldError[],
): Promise<{ id: string; name: string } | null> {
  const rows = isUserReference(reference)
    ? await db.query<{ id: string; name: string }[]>(sql`
        SELECT u.id, u.name FROM users u WHERE ${usersNamed([reference])} AND ${assignableIn(projectId)}`)
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
  db: Statements,
  viewer: Viewer,
  reference: string,
  archived: boolean,
): Promise<TicketRow> {
  const ticket = await lockTicket(db, viewer, reference)
  mustHaveRole(ticket, 'MAINTAINER', 'Archiving a ticket')
  if (archived === (ticket.archivedAt !== null)) return ticket
  const archivedAt = archived ? new Date() : null
  const change = {
    field: 'archivedAt',
    from: ticket.archivedAt?.toISOString() ?? null,
    to: archivedAt?.toISOString() ?? null,
  }
  return recordChange(db, viewer, {
    which: asDecided(viewer, ticket),
    changes: changesAsJson([change]),
    set: [sql`archived_at = ${archivedAt}::timestamptz`],
  })
}
