import { builder } from '../builder.ts'
import { type Sql, sql } from '../database/sql.ts'
import { connectionTypes, offsetArgs, pageArgs, relatedConnection } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketRelation } from '../ticket/ticket.loaders.ts'
import { userRelation } from '../user/user.loaders.ts'
import { commentCount, commentRelation, ticketCommentedAt } from './comment.loaders.ts'
import { type CommentRow, commentColumns, commentOrder } from './comment.sql.ts'

const { Connection: CommentConnection, Edge } = connectionTypes<CommentRow>('Comment', 'comments')

export const CommentEdge = Edge

const comments: List<CommentRow> = {
  columns: commentColumns,
  from: sql`comments c`,
  where: sql`TRUE`,
  order: commentOrder,
}
const relatedComments = (parent: Sql) => relatedConnection(parent, () => comments)

builder.prismaObject('Comment', {
  interfaces: ['Node'],
  description: 'A comment on a ticket, or a reply to a comment.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'Ticket that the comment belongs to.',
      ...nestedField(ticketRelation('ticketId')),
    }),
    author: t.field({
      type: 'User',
      description: 'User who wrote the comment.',
      ...nestedField(userRelation('authorId')),
    }),
    body: t.exposeString('body', { description: 'Text in Markdown, at most 64 KiB. Empty after deletion.' }),
    parent: t.field({
      type: 'Comment',
      nullable: true,
      description: 'Comment that this one replies to. Null if it starts a thread.',
      ...nestedField(commentRelation('parentId')),
    }),
    replies: t.field({
      type: CommentConnection,
      description: 'Direct replies, oldest first.',
      args: pageArgs,
      ...nestedField(relatedComments(sql`c.parent_id`)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
    editedAt: t.expose('editedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the last edit. Null if never edited.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of deletion. A deleted comment stays in the thread while it has replies. Null if not deleted.',
    }),
  }),
})

builder.interfaceFields('Ticket', (t) => ({
  comments: t.field({
    type: CommentConnection,
    description: 'Comments and replies, oldest first.',
    args: offsetArgs,
    ...nestedField(relatedComments(sql`c.ticket_id`)),
  }),
  commentCount: t.int({
    description: 'Number of comments and replies, except deleted ones.',
    ...nestedField(commentCount),
  }),
  commentedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'Time of the last comment or reply that was not deleted. Null without comments.',
    ...nestedField(ticketCommentedAt),
  }),
}))
