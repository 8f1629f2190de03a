import type { ChangeType, TicketKind } from '../../prisma/generated/client.ts'
import { join, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { Conflict, type FieldError, NotFound } from '../errors.ts'
import { recordInFeed } from '../feed/feed.sql.ts'
import { assignableUsers, type ProjectPermissions, permissionColumns, roleSuffices } from '../project/project.access.ts'
import { isUserReference, ticketsByReference, usersByReference } from '../reference.ts'
import type { FieldChange } from '../rows.ts'
import type { Viewer } from '../viewer.ts'
import { visibleTicketsByReference } from './ticket.access.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'

export type TicketWithPermissions = TicketRow & ProjectPermissions

/** Locks the ticket if `db` is a transaction. Throws NOT_FOUND for a ticket of another kind. */
export async function lockTicket(
  db: Statements,
  viewer: Viewer,
  reference: string,
  kind?: TicketKind,
): Promise<TicketWithPermissions> {
  const target = sql`${ticketsByReference([reference])} AND ${visibleTicketsByReference(viewer)}`
  if (db.inTransaction) await db.query(sql`SELECT FROM tickets t WHERE ${target} FOR UPDATE`)
  // A separate statement sees the ticket and permissions as they are once the lock is acquired.
  const [row] = await db.query<(ProjectPermissions & { ticket: string })[]>(sql`
    SELECT ${ticketColumns.text} AS ticket, ${permissionColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${target}`)
  const ticket = row && ticketColumns.parse(row.ticket)
  if (!ticket || (kind && ticket.kind !== kind))
    throw new NotFound(`${nounOf(kind)} "${reference}" was not found, or you cannot see it.`)
  return { ...row, ...ticket }
}

const nounOf = (kind?: TicketKind) => (kind ? { ISSUE: 'Issue', DEFECT: 'Defect' }[kind] : 'Ticket')

export function checkVersion({ version }: TicketRow, expected: number | null | undefined, errors: FieldError[]): void {
  if (expected === null || expected === undefined || (expected >= 1 && expected <= version)) return
  errors.push({
    path: 'expectedVersion',
    message: `is not a version of the ticket: must be between 1 and ${version} (got ${expected})`,
  })
}

/** Throws CONFLICT if one of the assigned fields was changed since the expected version, also if it kept its value. */
export async function mustNotConflict(
  db: Statements,
  { id, version }: TicketRow,
  expectedVersion: number | null | undefined,
  assignments: readonly FieldChange[],
): Promise<void> {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === version) return
  const concurrentChanges = await db.query<{ field: string }[]>(sql`
    SELECT DISTINCT change ->> 'field' AS field FROM history h, jsonb_array_elements(h.changes) change
    WHERE h.ticket_id = ${id}::uuid AND h.version > ${expectedVersion} AND h.version <= ${version}`)
  const changedFields = new Set(concurrentChanges.map(({ field }) => field))
  const fields = assignments
    .filter(({ field }) => changedFields.has(field))
    .map(({ field, from, to }) => ({ field, theirs: from, yours: to }))
  if (fields.length === 0) return
  const names = fields.map(({ field }) => field).join(', ')
  throw new Conflict(
    `Changed since version ${expectedVersion}: ${names}. Reload the ticket (now at version ${version}) and retry.`,
    {
      currentVersion: version,
      fields,
    },
  )
}

export interface TicketChange {
  /** Condition on ticket `t` and project `p`, with the preconditions of the change. */
  readonly where: Sql
  /** In the format of history. An empty array means no change. */
  readonly changes: Sql
  /** Assignments to columns of `t`. `moment.at` is the time of the change. */
  readonly set?: readonly Sql[]
  /** Common table expressions, which can read `changed`. */
  readonly ctes?: readonly Sql[]
  readonly type?: ChangeType
}

/** Condition that the version and the viewer's permissions are unchanged. */
export const unchangedTicket = (viewer: Viewer, { id, version, viewerRole }: TicketWithPermissions) => sql`
  t.id = ${id}::uuid AND t.version = ${version} AND ${roleSuffices(viewer, sql`${viewerRole}`)}`

/** Throws LostRace if no ticket satisfies `where`, if another transaction has locked it, or if nothing changes. */
export async function recordChange(
  db: Statements,
  viewer: Viewer,
  { where, changes, set = [], ctes = [], type = 'TICKET_UPDATED' }: TicketChange,
): Promise<TicketRow> {
  const [row] = await db.query<{ ticket: string }[]>(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at),
    locked AS MATERIALIZED (
      SELECT t.id, ${changes} AS changes FROM tickets t JOIN projects p ON p.id = t.project_id WHERE ${where}
      FOR UPDATE OF t SKIP LOCKED),
    changed AS (
      UPDATE tickets t SET ${join([...set, sql`version = t.version + 1`])},
        updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM moment, locked WHERE t.id = locked.id AND locked.changes <> '[]'
      RETURNING t.id, t.project_id, t.number, t.version, t.updated_at, locked.changes, ${ticketColumns.text} AS ticket),
    ${join([
      ...ctes,
      sql`recorded AS (
      INSERT INTO history (ticket_id, actor_id, at, version, changes)
      SELECT id, ${viewer.id}::uuid, updated_at, version, changes FROM changed)`,
      sql`fed AS (${recordInFeed({
        from: sql`changed c`,
        type: sql`${type}`,
        actorId: viewer.id,
        at: sql`c.updated_at`,
        version: sql`c.version`,
      })})`,
    ])}
    SELECT ticket FROM changed`)
  if (!row) throw new LostRace()
  return ticketColumns.parse(row.ticket)
}

/** Accepts the current assignee, who may no longer be assignable. */
export async function findAssignee(
  db: Statements,
  projectId: string,
  reference: string,
  errors: FieldError[],
  currentId: string | null = null,
): Promise<{ id: string; name: string } | null> {
  const rows = isUserReference(reference)
    ? await db.query<{ id: string; name: string }[]>(sql`
        SELECT u.id, u.name FROM users u WHERE ${usersByReference([reference])} AND (u.id = ${currentId}::uuid OR ${assignableUsers(sql`${projectId}::uuid`)})`)
    : []
  if (!rows[0])
    errors.push({
      path: 'assigneeId',
      message: 'is not an assignable user: must be active and able to see the project',
    })
  return rows[0] ?? null
}
