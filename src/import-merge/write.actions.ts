import { type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { statusChanges } from '../ticket/status-history.sql.ts'
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
    INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes, reverted)
    SELECT c.id, ${viewer.id}::uuid, CASE WHEN event.is_resolution THEN t.resolved_at ELSE ${at}::timestamptz END,
      t.version - c.event_count + row_number() OVER (PARTITION BY c.id ORDER BY event.is_resolution DESC),
      'IMPORT', ${importId}::uuid, event.changes, ${isRevert}
    FROM ${tickets} c JOIN tickets t ON t.id = c.id CROSS JOIN LATERAL (
      SELECT jsonb_agg(change ORDER BY position) AS changes, is_resolution FROM (
        SELECT change, position, ${isDatedResolution('c')} AND change ->> 'field' IN ('status', 'resolution') AS is_resolution
        FROM jsonb_array_elements(c.changes) WITH ORDINALITY AS listed(change, position)) listed
      GROUP BY is_resolution) event`)
  await alignResolutions(db, tickets)
}

/**
 * Moves the last resolution of each ticket to the time of resolution, and earlier changes of status by imports, whose
 * time is the latest possible one, before it.
 */
async function alignResolutions(db: Queries, tickets: Sql): Promise<void> {
  const changedTickets = sql`(SELECT c.id FROM ${tickets} c WHERE c.before IS NOT NULL)`
  await db.query(sql`
    WITH status_changes AS MATERIALIZED (SELECT * FROM ${statusChanges(changedTickets)} s),
    last AS (SELECT s.ticket_id, max(s.version) AS version FROM status_changes s
      WHERE s.from_status IN ('OPEN', 'IN_PROGRESS') AND s.to_status IN ('RESOLVED', 'CLOSED') GROUP BY s.ticket_id)
    UPDATE history h SET at = t.resolved_at FROM status_changes s JOIN last USING (ticket_id) JOIN tickets t ON t.id = last.ticket_id
    WHERE h.ticket_id = s.ticket_id AND h.version = s.version AND t.resolved_at IS NOT NULL
      AND (h.version = last.version AND h.at <> t.resolved_at
        OR h.version < last.version AND h.at > t.resolved_at AND h.source = 'IMPORT')`)
}
