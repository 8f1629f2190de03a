import { type Sql, sql } from '../database/sql.ts'

// `of` is a table or subquery with the ids of tickets.

export const thisTicket = sql`(SELECT t.id)`

const openStatuses = sql`('OPEN', 'IN_PROGRESS')`
const doneStatuses = sql`('RESOLVED', 'CLOSED')`

/** Columns: ticket_id, at, version, and the statuses `was` and `became`. */
export const statusChanges = (of: Sql) => sql`(
  SELECT o.id AS ticket_id, h.at, h.version, change ->> 'from' AS was, change ->> 'to' AS became
  FROM ${of} o JOIN history h ON h.ticket_id = o.id AND h.changes @> '[{"field": "status"}]'
  CROSS JOIN LATERAL jsonb_array_elements(h.changes) change WHERE change ->> 'field' = 'status')`

/** Columns: ticket_id, at. */
export const resolutions = (of: Sql) => sql`(
  SELECT s.ticket_id, s.at FROM ${statusChanges(of)} s WHERE s.was IN ${openStatuses} AND s.became IN ${doneStatuses})`

/** Columns: ticket_id, at. */
export const reopenings = (of: Sql) => sql`(
  SELECT s.ticket_id, s.at FROM ${statusChanges(of)} s WHERE s.was IN ${doneStatuses} AND s.became IN ${openStatuses})`

/** The first comment, assignment or change of status by a user other than the reporter. Imports do not count. */
export const firstResponse = sql`least(
  (SELECT c.created_at FROM comments c
    WHERE c.ticket_id = t.id AND c.author_id <> t.reporter_id AND c.deleted_at IS NULL ORDER BY c.created_at LIMIT 1),
  (SELECT min(h.at) FROM history h
    WHERE h.ticket_id = t.id AND h.actor_id <> t.reporter_id AND h.source <> 'IMPORT'
      AND (h.changes @> '[{"field": "status"}]' OR EXISTS (SELECT FROM jsonb_array_elements(h.changes) change
        WHERE change ->> 'field' = 'assignee' AND change ->> 'to' IS NOT NULL))))`

export const wasOpenAt = (time: Sql) => sql`(t.created_at < ${time} AND coalesce(
  (SELECT s.became FROM ${statusChanges(thisTicket)} s WHERE s.at < ${time} ORDER BY s.at DESC, s.version DESC LIMIT 1),
  (SELECT s.was FROM ${statusChanges(thisTicket)} s ORDER BY s.at, s.version LIMIT 1),
  t.status::text) IN ${openStatuses})`
