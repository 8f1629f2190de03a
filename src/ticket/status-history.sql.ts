import { type Sql, sql } from '../database/sql.ts'

// What history tells of many tickets, or of one: `of` is what the tickets come from, with their id.

/** The ticket `t` of the statement around a fragment. */
export const thisTicket = sql`(SELECT t.id)`

const open = sql`('OPEN', 'IN_PROGRESS')`
const done = sql`('RESOLVED', 'CLOSED')`

/** The changes of status of tickets: ticket_id, at, version, and what it `was` and `became`. */
export const statusChanges = (of: Sql) => sql`(
  SELECT o.id AS ticket_id, h.at, h.version, change ->> 'from' AS was, change ->> 'to' AS became
  FROM ${of} o JOIN history h ON h.ticket_id = o.id AND h.changes @> '[{"field": "status"}]'
  CROSS JOIN LATERAL jsonb_array_elements(h.changes) change WHERE change ->> 'field' = 'status')`

/** The times at which tickets went from OPEN or IN_PROGRESS to RESOLVED or CLOSED: ticket_id and at. */
export const resolutions = (of: Sql) => sql`(
  SELECT s.ticket_id, s.at FROM ${statusChanges(of)} s WHERE s.was IN ${open} AND s.became IN ${done})`

/** The times at which tickets went back: ticket_id and at. */
export const reopenings = (of: Sql) => sql`(
  SELECT s.ticket_id, s.at FROM ${statusChanges(of)} s WHERE s.was IN ${done} AND s.became IN ${open})`

/**
 * When the ticket `t` first got a comment, an assignment or a change of status by another than its reporter; null where it
 * did not. An import tells of the past: it is no response.
 */
export const firstResponse = sql`least(
  (SELECT c.created_at FROM comments c
    WHERE c.ticket_id = t.id AND c.author_id <> t.reporter_id AND c.deleted_at IS NULL ORDER BY c.created_at LIMIT 1),
  (SELECT min(h.at) FROM history h
    WHERE h.ticket_id = t.id AND h.actor_id <> t.reporter_id AND h.source <> 'IMPORT'
      AND (h.changes @> '[{"field": "status"}]' OR EXISTS (SELECT FROM jsonb_array_elements(h.changes) change
        WHERE change ->> 'field' = 'assignee' AND change ->> 'to' IS NOT NULL))))`

/** Whether the ticket `t` was filed before a time, and open then, as its changes of status tell. */
export const wasOpenAt = (time: Sql) => sql`(t.created_at < ${time} AND coalesce(
  (SELECT s.became FROM ${statusChanges(thisTicket)} s WHERE s.at < ${time} ORDER BY s.at DESC, s.version DESC LIMIT 1),
  (SELECT s.was FROM ${statusChanges(thisTicket)} s ORDER BY s.at, s.version LIMIT 1),
  t.status::text) IN ${open})`
