import { builder } from '../builder.ts'
import { type Sql, sql } from '../database/sql.ts'
import { connectionType, forwardArgs, offsetArgs, relatedConnection } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketRelation } from '../ticket/ticket.loaders.ts'
import { userRelation } from '../user/user.loaders.ts'
import { commentCount, commentRelation } from './comment.loaders.ts'
import { type CommentRow, commentColumns, commentOrder } from './comment.sql.ts'

const CommentConnection = connectionType<CommentRow>('Comment', 'comments')

const comments: List<CommentRow> = {
  columns: commentColumns,
  from: sql`comments c`,
  where: sql`TRUE`,
  order: commentOrder,
}
const relatedComments = (parent: Sql) => relatedConnection(parent, () => comments)

builder.objectType('Comment', {
  interfaces: ['Node'],
  description: 'What somebody said about a ticket.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'What it is about.',
      ...nestedField(ticketRelation('ticketId')),
    }),
    author: t.field({
      type: 'User',
      description: 'Who said it.',
      ...nestedField(userRelation('authorId')),
    }),
    body: t.exposeString('body', { description: 'What was said, in Markdown; "" once deleted.' }),
    parent: t.field({
      type: 'Comment',
      nullable: true,
      description: 'The comment that this one answers; null where it answers none.',
      ...nestedField(commentRelation('parentId')),
    }),
    replies: t.field({
      type: CommentConnection,
      description: 'The comments that answer this one, oldest first.',
      args: forwardArgs,
      ...nestedField(relatedComments(sql`c.parent_id`)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was said.' }),
    editedAt: t.expose('editedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last edited; null where it never was.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was deleted. A deleted comment keeps its place while it has replies.',
    }),
  }),
})

builder.interfaceFields('Ticket', (t) => ({
  comments: t.field({
    type: CommentConnection,
    description: 'What was said about it, replies included, oldest first.',
    args: offsetArgs,
    ...nestedField(relatedComments(sql`c.ticket_id`)),
  }),
  commentCount: t.int({
    description: 'How many comments it has, without deleted ones.',
    ...nestedField(commentCount),
  }),
}))
