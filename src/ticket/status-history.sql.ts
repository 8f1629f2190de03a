import { type Sql, sql } from '../database/sql.ts'

// `tickets` is a table or subquery with the column id.

export const thisTicket = sql`(SELECT t.id)`

const openStatuses = sql`('OPEN', 'IN_PROGRESS')`
const doneStatuses = sql`('RESOLVED', 'CLOSED')`

/** The time of a change of the status for reports, which an import can correct. `h` is a row of history. */
export const effectiveAt = sql`coalesce(h.effective_at, h.at)`

/** Conditions on a row `s` of `statusChanges`. */
export const isResolution = sql`(s.from_status IN ${openStatuses} AND s.to_status IN ${doneStatuses})`
const isReopening = sql`(s.from_status IN ${doneStatuses} AND s.to_status IN ${openStatuses})`

/** Columns: ticket_id, at, version, from_status, to_status. Without the changes of undone imports. */
export const statusChanges = (tickets: Sql) => sql`(
  SELECT o.id AS ticket_id, ${effectiveAt} AS at, h.version, change ->> 'from' AS from_status, change ->> 'to' AS to_status
  FROM ${tickets} o JOIN history h ON h.ticket_id = o.id AND h.changes @> '[{"field": "status"}]' AND NOT h.reverted
  CROSS JOIN LATERAL jsonb_array_elements(h.changes) change WHERE change ->> 'field' = 'status')`

/** Columns: ticket_id, at. */
export const resolutions = (tickets: Sql) => sql`(
  SELECT s.ticket_id, s.at FROM ${statusChanges(tickets)} s WHERE ${isResolution})`

/** Columns: ticket_id, at. */
export const reopenings = (tickets: Sql) => sql`(
  SELECT s.ticket_id, s.at FROM ${statusChanges(tickets)} s WHERE ${isReopening})`

/** The first comment, assignment or change of status by a user other than the reporter. Imports do not count. */
export const firstResponse = sql`least(
  (SELECT c.created_at FROM comments c
    WHERE c.ticket_id = t.id AND c.author_id <> t.reporter_id AND c.deleted_at IS NULL ORDER BY c.created_at LIMIT 1),
  (SELECT min(h.at) FROM history h
    WHERE h.ticket_id = t.id AND h.actor_id <> t.reporter_id AND h.source <> 'IMPORT'
      AND (h.changes @> '[{"field": "status"}]' OR EXISTS (SELECT FROM jsonb_array_elements(h.changes) change
        WHERE change ->> 'field' = 'assignee' AND change ->> 'to' IS NOT NULL))))`

export const openAtCondition = (time: Sql) => sql`(t.created_at < ${time} AND coalesce(
  (SELECT s.to_status FROM ${statusChanges(thisTicket)} s WHERE s.at < ${time} ORDER BY s.at DESC, s.version DESC LIMIT 1),
  (SELECT s.from_status FROM ${statusChanges(thisTicket)} s ORDER BY s.at, s.version LIMIT 1),
  t.status::text) IN ${openStatuses})`
