import { type Sql, sql } from '../database/sql.ts'

/** The time of the last comment that is not deleted; null without comments. */
export const lastCommentTime = (ticketId: Sql) =>
  sql`(SELECT ct.commented_at FROM comment_times ct WHERE ct.ticket_id = ${ticketId})`

/** The same as rows of tickets `t`, which PostgreSQL can join. Column: at. */
export const lastCommentTimes = sql`(SELECT ct.commented_at AS at FROM comment_times ct WHERE ct.ticket_id = t.id)`
