import { sql } from '../database/sql.ts'
import { rowLoader } from '../reading/loader.ts'
import type { Nested } from '../reading/look-ahead.ts'
import { rowBelow } from '../reading/nested.ts'
import { visibleTicketsNamed } from '../ticket/ticket.access.ts'
import { type CommentRow, commentColumns } from './comment.sql.ts'

/** The comment with an id; null if there is none that the viewer may see. */
export const findComment = rowLoader<CommentRow>(
  commentColumns,
  sql`comments c JOIN tickets t ON t.id = c.ticket_id`,
  visibleTicketsNamed,
)

/** The comment whose id a row has in a property. */
export const commentBelow = (property: string) => rowBelow(property, commentColumns, sql`comments c`)

/** How many comments a ticket has, without the deleted ones. */
export const commentCount: Nested = {
  on: 'id',
  fragment: () => ({
    sql: sql`(SELECT count(*) FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL)`,
  }),
}
