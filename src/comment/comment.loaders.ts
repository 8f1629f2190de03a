import { sql } from '../database/sql.ts'
import { rowLoader } from '../reading/loader.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { toOne } from '../reading/nested.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import { type CommentRow, commentColumns } from './comment.sql.ts'

/** The comment with an id; null if there is none that the viewer may see. */
export const findComment = rowLoader<CommentRow>(
  commentColumns,
  sql`comments c JOIN tickets t ON t.id = c.ticket_id`,
  visibleTicketsByReference,
)

/** A relation to the comment whose id is in a property. */
export const commentRelation = (property: string) => toOne(property, commentColumns, sql`comments c`)

/** How many comments a ticket has, without the deleted ones. */
export const commentCount: NestedField = {
  on: 'id',
  fragment: () => ({
    sql: sql`(SELECT count(*) FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL)`,
  }),
}
