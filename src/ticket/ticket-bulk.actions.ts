import type { Resolution, TicketStatus } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { Conflict, type FieldError, Forbidden, NotFound } from '../errors.ts'
import { hasRole, type ProjectPermissions, permissionColumns } from '../project/project.access.ts'
import { ticketsByReference } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { visibleTickets } from './ticket.access.ts'
import { type TicketFilter, ticketCondition } from './ticket.filter.ts'
import { changeOf, recordBatch } from './ticket-change.sql.ts'
import { isDoneStatus } from './ticket-update.actions.ts'

/** Exactly one of `ids` and `filter` is not null. `ids` can contain keys. */
export interface BulkStatusUpdate {
  readonly ids: readonly string[] | null
  readonly filter: TicketFilter | null
  readonly expectedCount: number | null
  readonly status: TicketStatus
  readonly resolution: Resolution | null
  readonly dryRun: boolean
}

export interface BulkStatusResult {
  readonly matchedIds: readonly string[]
  readonly updatedCount: number
  readonly batch: string | null
}

interface Match extends ProjectPermissions {
  readonly id: string
  readonly number: number
}

const maxErrors = 100

/**
 * Throws NOT_FOUND or FORBIDDEN with errors for each ticket, and CONFLICT if the number of matches differs from
 * `expectedCount`.
 */
export async function bulkUpdateStatus(
  tx: Transaction,
  viewer: Viewer,
  update: BulkStatusUpdate,
): Promise<BulkStatusResult> {
  const condition = update.ids ? ticketsByReference(update.ids) : ticketCondition(update.filter, viewer)
  const selection = sql`${condition} AND ${visibleTickets(viewer)}`
  const lockedTickets = update.dryRun ? sql`TRUE` : await lockTickets(tx, selection)
  const matches = await tx.query<Match[]>(sql`
    SELECT t.id, t.number, ${permissionColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${lockedTickets} AND ${selection} ORDER BY t.id`)
  if (update.ids) mustAllExist(update.ids, matches)
  else if (matches.length !== update.expectedCount)
    throw new Conflict(
      `The filter matches ${matches.length} tickets, but \`expectedCount\` is ${update.expectedCount}. Nothing was changed.`,
      {
        matchedCount: matches.length,
      },
    )
  mustAllBeUpdatable(matches, update.ids ? 'ids' : 'filter')
  const matchedIds = matches.map(({ id }) => id)
  const changes = changingTickets(matchedIds, update)
  if (update.dryRun) {
    const [{ count }] = await tx.query<[{ count: number }]>(
      sql`SELECT count(*)::integer AS count FROM (${changes}) changing`,
    )
    return { matchedIds, updatedCount: count, batch: null }
  }
  // Writing takes longer than the default timeout.
  await tx.query(sql`SELECT set_config('statement_timeout', '30s', true)`)
  const [updated] = await tx.query<[{ count: number; batch: string | null }]>(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at, new_id() AS batch),
    changing AS MATERIALIZED (${changes}),
    updated AS (
      UPDATE tickets t SET status = changing.status, resolution = changing.resolution, version = t.version + 1,
        resolved_at = CASE WHEN changing.resolution IS NOT NULL THEN coalesce(t.resolved_at, moment.at) END,
        updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM changing, moment WHERE t.id = changing.id
      RETURNING t.id, t.project_id, t.number, t.version, moment.at, moment.batch, changing.changes, changing.before),
    ${recordBatch({
      from: sql`updated`,
      actorId: viewer.id,
      source: 'BULK',
      changes: sql`c.changes`,
      before: sql`c.before`,
    })}
    SELECT count(*)::integer AS count, min(batch::text) AS batch FROM updated`)
  return { matchedIds, updatedCount: updated.count, batch: updated.batch }
}

/**
 * Locks tickets in the order of their ids, so that bulk changes do not deadlock. Returns a condition for a separate
 * statement, which sees the tickets and permissions as they are once the locks are acquired.
 */
async function lockTickets(tx: Transaction, selection: Sql): Promise<Sql> {
  const rows = await tx.query<{ id: string }[]>(
    sql`SELECT t.id FROM tickets t WHERE ${selection} ORDER BY t.id FOR UPDATE`,
  )
  return sql`t.id = ANY(${rows.map(({ id }) => id)}::uuid[])`
}

function changingTickets(ids: readonly string[], { status, resolution }: BulkStatusUpdate): Sql {
  const next = isDoneStatus(status)
    ? sql`coalesce(${resolution}::resolution, t.resolution, 'FIXED')`
    : sql`NULL::resolution`
  return sql`
    SELECT t.id, target.status, target.resolution,
      ${changeOf('status', sql`t.status`, sql`target.status`)}
      || ${changeOf('resolution', sql`t.resolution`, sql`target.resolution`)} AS changes,
      jsonb_build_object('status', t.status, 'resolution', t.resolution, 'resolvedAt', t.resolved_at) AS before
    FROM tickets t CROSS JOIN LATERAL (SELECT ${status}::ticket_status AS status, ${next} AS resolution) target
    WHERE t.id = ANY(${ids}::uuid[]) AND (t.status, t.resolution) IS DISTINCT FROM (target.status, target.resolution)`
}

function mustAllExist(ids: readonly string[], matches: readonly Match[]): void {
  const found = new Set(matches.flatMap((match) => [match.id, keyOf(match)]))
  const errors = ids.flatMap((id, index): FieldError[] =>
    found.has(id.toLowerCase()) || found.has(id.toUpperCase())
      ? []
      : [{ path: `ids.${index}`, message: 'was not found, or you cannot see it' }],
  )
  if (errors.length > 0)
    throw new NotFound(
      `${errors.length} of the tickets were not found, or you cannot see them. Nothing was changed.`,
      errors,
    )
}

function mustAllBeUpdatable(matches: readonly Match[], path: string): void {
  const forbidden = matches.filter((match) => !hasRole(match, 'CONTRIBUTOR')).map(keyOf)
  if (forbidden.length === 0) return
  const errors = forbidden
    .slice(0, maxErrors)
    .map((key) => ({ path, message: `includes ${key}, whose status you cannot change` }))
  throw new Forbidden(
    `You cannot change the status of ${forbidden.length} of the tickets: this requires CONTRIBUTOR in their projects, which must not be archived. Nothing was changed.`,
    errors,
  )
}

const keyOf = ({ projectKey, number }: Match) => `${projectKey}-${number}`
