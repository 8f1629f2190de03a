import type { Resolution, TicketStatus } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { Conflict, type FieldError, Forbidden, NotFound } from '../errors.ts'
import { hasRole, type ProjectRights, rightsColumns } from '../project/project.access.ts'
import { ticketsNamed } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { visibleTickets } from './ticket.access.ts'
import { type TicketFilter, ticketCondition } from './ticket.filter.ts'
import { changeOf } from './ticket-change.sql.ts'
import { isDoneStatus } from './ticket-update.actions.ts'

/** Which tickets to move, and where to. Exactly one of `ids` and `filter` is given; `ids` may hold keys. */
export interface StatusBulk {
  readonly ids: readonly string[] | null
  readonly filter: TicketFilter | null
  readonly expectedCount: number | null
  readonly status: TicketStatus
  readonly resolution: Resolution | null
  readonly dryRun: boolean
}

export interface StatusBulkResult {
  readonly matchedIds: readonly string[]
  readonly updatedCount: number
  readonly batch: string | null
}

interface Match extends ProjectRights {
  readonly id: string
  readonly number: number
}

const faultsNamed = 100

/**
 * Moves many tickets to a status: all of them or none, in four statements however many they are. Refused as a whole,
 * naming which, when one is not there (NOT_FOUND) or may not be moved (FORBIDDEN), and when a filter matches another
 * number than expected (CONFLICT).
 */
export async function bulkUpdateStatus(tx: Transaction, viewer: Viewer, bulk: StatusBulk): Promise<StatusBulkResult> {
  const condition = bulk.ids ? ticketsNamed(bulk.ids) : ticketCondition(bulk.filter, viewer)
  const chosen = sql`${condition} AND ${visibleTickets(viewer)}`
  const locked = bulk.dryRun ? sql`TRUE` : await lockTickets(tx, chosen)
  const matches = await tx.query<Match[]>(sql`
    SELECT t.id, t.number, ${rightsColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${locked} AND ${chosen} ORDER BY t.id`)
  if (bulk.ids) mustAllBeThere(bulk.ids, matches)
  else if (matches.length !== bulk.expectedCount)
    throw new Conflict(`The filter matches ${matches.length} tickets, not ${bulk.expectedCount}.`, {
      matchedCount: matches.length,
    })
  mustAllBeAllowed(matches, bulk.ids ? 'ids' : 'filter')
  const matchedIds = matches.map(({ id }) => id)
  const moving = movingTickets(matchedIds, bulk)
  if (bulk.dryRun) {
    const [{ count }] = await tx.query<[{ count: number }]>(
      sql`SELECT count(*)::integer AS count FROM (${moving}) moving`,
    )
    return { matchedIds, updatedCount: count, batch: null }
  }
  // What was found in time may take longer to be changed.
  await tx.query(sql`SELECT set_config('statement_timeout', '30s', true)`)
  const [moved] = await tx.query<[{ count: number; batch: string | null }]>(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at, new_id() AS batch),
    moving AS MATERIALIZED (${moving}),
    moved AS (
      UPDATE tickets t SET status = moving.status, resolution = moving.resolution, version = t.version + 1,
        resolved_at = CASE WHEN moving.resolution IS NOT NULL THEN coalesce(t.resolved_at, moment.at) END,
        updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM moving, moment WHERE t.id = moving.id
      RETURNING t.id, t.version, moment.at, moment.batch, moving.changes),
    recorded AS (
      INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes)
      SELECT id, ${viewer.id}::uuid, at, version, 'BULK', batch, changes FROM moved)
    SELECT count(*)::integer AS count, min(batch::text) AS batch FROM moved`)
  return { matchedIds, updatedCount: moved.count, batch: moved.batch }
}

/**
 * Locks the tickets that a condition chooses, in the order of their ids, so that two bulks never wait for each other.
 * Returns the condition that they are among these: the next statement sees them, their labels and the rights as they are
 * after the wait for the locks.
 */
async function lockTickets(tx: Transaction, chosen: Sql): Promise<Sql> {
  const rows = await tx.query<{ id: string }[]>(
    sql`SELECT t.id FROM tickets t WHERE ${chosen} ORDER BY t.id FOR UPDATE`,
  )
  return sql`t.id = ANY(${rows.map(({ id }) => id)}::uuid[])`
}

/** The tickets among `ids` that a move changes: their new status and resolution, and the change as history tells it. */
function movingTickets(ids: readonly string[], { status, resolution }: StatusBulk): Sql {
  const next = isDoneStatus(status)
    ? sql`coalesce(${resolution}::resolution, t.resolution, 'FIXED')`
    : sql`NULL::resolution`
  return sql`
    SELECT t.id, target.status, target.resolution,
      ${changeOf('status', sql`t.status`, sql`target.status`)}
      || ${changeOf('resolution', sql`t.resolution`, sql`target.resolution`)} AS changes
    FROM tickets t CROSS JOIN LATERAL (SELECT ${status}::ticket_status AS status, ${next} AS resolution) target
    WHERE t.id = ANY(${ids}::uuid[]) AND (t.status, t.resolution) IS DISTINCT FROM (target.status, target.resolution)`
}

function mustAllBeThere(ids: readonly string[], matches: readonly Match[]): void {
  const there = new Set(matches.flatMap((match) => [match.id, keyOf(match)]))
  const faults = ids.flatMap((id, index): FieldError[] =>
    there.has(id.toLowerCase()) || there.has(id.toUpperCase())
      ? []
      : [{ path: `ids.${index}`, message: `There is no ticket ${id}.` }],
  )
  if (faults.length > 0)
    throw new NotFound(`${faults.length} of the tickets are not there; nothing was changed.`, faults)
}

function mustAllBeAllowed(matches: readonly Match[], path: string): void {
  const refused = matches.filter((match) => !hasRole(match, 'CONTRIBUTOR')).map(keyOf)
  if (refused.length === 0) return
  const named = refused.slice(0, faultsNamed).map((key) => ({ path, message: `You may not move ${key}.` }))
  throw new Forbidden(`You may not move ${refused.length} of the tickets; nothing was changed.`, named)
}

const keyOf = ({ projectKey, number }: Match) => `${projectKey}-${number}`
