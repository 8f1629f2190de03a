import { type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { recordInFeed, updateType } from '../feed/feed.sql.ts'
import { isResolution, statusChanges } from '../ticket/status-history.sql.ts'
import type { Viewer } from '../viewer.ts'
import { assignmentsFrom, isDatedResolution } from './change.sql.ts'

type Queries = Pick<Statements, 'query'>

interface TicketChanges {
  /**
   * A table or subquery of tickets in their next state: the columns of tickets, `before` (null for new tickets), `labels` (a
   * JSON array of names; null keeps the labels), `changes` in the format of history, and `event_count`.
   */
  readonly tickets: Sql
  readonly importId: string
  readonly projectId: string
  readonly at: Date
}

export async function updateTickets(db: Queries, viewer: Viewer, { tickets, at }: TicketChanges): Promise<void> {
  await db.query(sql`
    UPDATE tickets t SET ${assignmentsFrom('c')},
      resolved_at = CASE WHEN c.resolution IS NOT NULL THEN coalesce(c.resolved_at, ${at}::timestamptz) END,
      version = t.version + c.event_count, updated_at = ${at}::timestamptz, updated_by_id = ${viewer.id}::uuid
    FROM ${tickets} c WHERE t.id = c.id AND c.before IS NOT NULL`)
}

export async function writeLabels(db: Queries, { tickets, projectId }: TicketChanges): Promise<void> {
  await db.query(sql`
    DELETE FROM ticket_labels tl USING ${tickets} c, labels l
    WHERE tl.ticket_id = c.id AND l.id = tl.label_id AND c.labels IS NOT NULL
      AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(c.labels) AS given(name) WHERE fold_case(given.name) = fold_case(l.name))`)
  await db.query(sql`
    INSERT INTO ticket_labels (ticket_id, label_id)
    SELECT c.id, l.id FROM ${tickets} c, jsonb_array_elements_text(c.labels) AS given(name)
    JOIN labels l ON l.project_id = ${projectId}::uuid AND fold_case(l.name) = fold_case(given.name) ON CONFLICT DO NOTHING`)
}

/**
 * Records changes after the tickets were written: one event per ticket at the time of the import, and another one for a
 * resolution with a time of its own.
 */
export async function writeHistory(
  db: Queries,
  viewer: Viewer,
  { tickets, importId, at }: TicketChanges,
  isRevert = false,
): Promise<void> {
  await db.query(sql`
    WITH recorded AS (
    INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes, reverted)
    SELECT c.id, ${viewer.id}::uuid, CASE WHEN event.is_resolution THEN t.resolved_at ELSE ${at}::timestamptz END,
      t.version - c.event_count + row_number() OVER (PARTITION BY c.id ORDER BY event.is_resolution DESC),
      'IMPORT', ${importId}::uuid, event.changes, ${isRevert}
    FROM ${tickets} c JOIN tickets t ON t.id = c.id CROSS JOIN LATERAL (
      SELECT jsonb_agg(change ORDER BY position) AS changes, is_resolution FROM (
        SELECT change, position, ${isDatedResolution('c')} AND change ->> 'field' IN ('status', 'resolution') AS is_resolution
        FROM jsonb_array_elements(c.changes) WITH ORDINALITY AS listed(change, position)) listed
      GROUP BY is_resolution) event
    RETURNING ticket_id, version, changes)
    ${recordInFeed({
      from: sql`tickets c JOIN recorded ON recorded.ticket_id = c.id ORDER BY c.number, recorded.version`,
      type: updateType(sql`recorded.changes`),
      actorId: viewer.id,
      at: sql`${at}::timestamptz`,
      source: sql`'IMPORT'`,
      batch: sql`${importId}`,
      version: sql`recorded.version`,
    })}`)
}

/**
 * Dates the changes of the status for reports: the last resolution by the time of resolution, and a change that is recorded
 * after a later one, such as that of an import, by that. The times of the records stay as they are.
 */
export async function dateStatusChanges(db: Queries, { tickets }: Pick<TicketChanges, 'tickets'>): Promise<void> {
  const changedTickets = sql`(SELECT c.id FROM ${tickets} c WHERE c.before IS NOT NULL)`
  await db.query(sql`
    WITH status_changes AS (
      SELECT s.*, h.at AS recorded_at, ${isResolution} AS is_resolution
      FROM ${statusChanges(changedTickets)} s JOIN history h USING (ticket_id, version)),
    dated AS (
      SELECT s.ticket_id, s.version, s.recorded_at, CASE
        WHEN s.is_resolution AND t.resolved_at IS NOT NULL
          AND s.version = max(s.version) FILTER (WHERE s.is_resolution) OVER (PARTITION BY s.ticket_id) THEN t.resolved_at
        WHEN s.is_resolution THEN s.at ELSE s.recorded_at END AS at
      FROM status_changes s JOIN tickets t ON t.id = s.ticket_id),
    ordered AS (
      SELECT ticket_id, version, nullif(min(at) OVER (PARTITION BY ticket_id ORDER BY version DESC), recorded_at) AS at FROM dated)
    UPDATE history h SET effective_at = o.at FROM ordered o
    WHERE h.ticket_id = o.ticket_id AND h.version = o.version AND h.effective_at IS DISTINCT FROM o.at`)
}
