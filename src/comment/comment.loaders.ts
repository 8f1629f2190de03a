import { Prisma } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { type Nested, rowBelow } from '../reading/nested.ts'
import { visibleTicketsNamed } from '../ticket/ticket.access.ts'
import { type CommentRow, commentColumns } from './comment.sql.ts'

/** The comment of an id; null where there is none to see. */
export function findComment(context: Context, id: string): Promise<CommentRow | null> {
  return loaderOf<CommentRow | null>(context, 'comments', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<CommentRow[]>`
      SELECT ${commentColumns.all} FROM comments c JOIN tickets t ON t.id = c.ticket_id
      WHERE c.id = ANY(${ids}::uuid[]) AND ${visibleTicketsNamed(signedIn(context))}`,
    ),
  ).load(id)
}

/** The comment whose id a row has in a property. */
export const commentBelow = (property: string) => rowBelow(property, commentColumns, Prisma.sql`comments c`)

/** How many comments a ticket has, without the deleted ones. */
export const commentCount: Nested = {
  on: 'id',
  fragment: () => ({
    sql: Prisma.sql`(SELECT count(*) FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL)`,
  }),
}
