import type { Resolution, TicketStatus } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { Conflict, type FieldError, Forbidden, NotFound } from '../errors.ts'
import { hasRole, type ProjectRights, rightsColumns } from '../project/project.access.ts'
import { ticketsByReference } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { visibleTickets } from './ticket.access.ts'
import { type TicketFilter, ticketCondition } from './ticket.filter.ts'
import { changeOf } from './ticket-change.sql.ts'
import { isDoneStatus } from './ticket-update.actions.ts'

/** A change of status of many tickets. Exactly one of `ids` and `filter` is not null; `ids` may contain keys. */
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

const maxErrors = 100

/**
 * Changes the status of many tickets atomically, in four statements. Throws NOT_FOUND or FORBIDDEN with the tickets that do
 * not exist or that the viewer may not move, and CONFLICT if the filter does not match the expected number.
 */
export async function bulkUpdateStatus(tx: Transaction, viewer: Viewer, bulk: StatusBulk): Promise<StatusBulkResult> {
  const condition = bulk.ids ? ticketsByReference(bulk.ids) : ticketCondition(bulk.filter, viewer)
  const chosen = sql`${condition} AND ${visibleTickets(viewer)}`
  const locked = bulk.dryRun ? sql`TRUE` : await lockTickets(tx, chosen)
  const matches = await tx.query<Match[]>(sql`
    SELECT t.id, t.number, ${rightsColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${locked} AND ${chosen} ORDER BY t.id`)
  if (bulk.ids) mustAllBeThere(bulk.ids, matches)
  else if (matches.length !== bulk.expectedCount)
    throw new Conflict(
      `The filter matches ${matches.length} tickets, but \`expectedCount\` is ${bulk.expectedCount}. Nothing was changed.`,
      {
        matchedCount: matches.length,
      },
    )
  mustAllBeAllowed(matches, bulk.ids ? 'ids' : 'filter')
  const matchedIds = matches.map(({ id }) => id)
  const moving = movingTickets(matchedIds, bulk)
  if (bulk.dryRun) {
    const [{ count }] = await tx.query<[{ count: number }]>(
      sql`SELECT count(*)::integer AS count FROM (${moving}) moving`,
    )
    return { matchedIds, updatedCount: count, batch: null }
  }
  // Writing takes longer than finding the tickets.
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
 * Locks tickets in the order of their ids, so that bulk changes do not deadlock. Returns a condition for the locked tickets:
 * the next statement sees the tickets and the rights as of after the wait for the locks.
 */
async function lockTickets(tx: Transaction, chosen: Sql): Promise<Sql> {
  const rows = await tx.query<{ id: string }[]>(
    sql`SELECT t.id FROM tickets t WHERE ${chosen} ORDER BY t.id FOR UPDATE`,
  )
  return sql`t.id = ANY(${rows.map(({ id }) => id)}::uuid[])`
}

/** SELECT of the tickets that change: their new status and resolution, and the changes in the format of history. */
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
  const errors = ids.flatMap((id, index): FieldError[] =>
    there.has(id.toLowerCase()) || there.has(id.toUpperCase())
      ? []
      : [{ path: `ids.${index}`, message: 'was not found, or you cannot see it' }],
  )
  if (errors.length > 0)
    throw new NotFound(
      `${errors.length} of the tickets were not found, or you cannot see them. Nothing was changed.`,
      errors,
    )
}

function mustAllBeAllowed(matches: readonly Match[], path: string): void {
  const refused = matches.filter((match) => !hasRole(match, 'CONTRIBUTOR')).map(keyOf)
  if (refused.length === 0) return
  const named = refused
    .slice(0, maxErrors)
    .map((key) => ({ path, message: `includes ${key}, whose status you cannot change` }))
  throw new Forbidden(
    `You cannot change the status of ${refused.length} of the tickets: this requires CONTRIBUTOR in their projects, which must not be archived. Nothing was changed.`,
    named,
  )
}

const keyOf = ({ projectKey, number }: Match) => `${projectKey}-${number}`
