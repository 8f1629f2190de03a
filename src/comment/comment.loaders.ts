import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { visibleTickets } from '../ticket/ticket.access.ts'
import { type CommentRow, commentColumns, commentsWithAuthors } from './comment.sql.ts'

/** The comment of an id; null where there is none to see. */
export function findComment(context: Context, id: string): Promise<CommentRow | null> {
  return loaderOf<CommentRow | null>(context, 'comments', async (ids) =>
    inOrder(
      ids,
      await context.prisma.$queryRaw<CommentRow[]>`
      SELECT ${commentColumns} FROM ${commentsWithAuthors} JOIN tickets t ON t.id = c.ticket_id
      WHERE c.id = ANY(${ids}::uuid[]) AND ${visibleTickets(signedIn(context))}`,
    ),
  ).load(id)
}

/** How many comments a ticket has, without the deleted ones. */
export function countComments(context: Context, ticketId: string): Promise<number> {
  return loaderOf<number>(context, 'comment counts', async (ids) => {
    const rows = await context.prisma.$queryRaw<{ id: string; count: number }[]>`
      SELECT c.ticket_id AS id, count(*)::integer AS count FROM comments c
      WHERE c.ticket_id = ANY(${ids}::uuid[]) AND c.deleted_at IS NULL GROUP BY 1`
    return inOrder(ids, rows).map((row) => row?.count ?? 0)
  }).load(ticketId)
}
