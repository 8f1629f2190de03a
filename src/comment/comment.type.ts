import { Prisma } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { connectionBelow, connectionType, forwardArgs, offsetArgs } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import { getTicket } from '../ticket/ticket.loaders.ts'
import { countComments, findComment } from './comment.loaders.ts'
import { type CommentRow, commentColumns, commentOrder, commentsWithAuthors } from './comment.sql.ts'

const CommentConnection = connectionType<CommentRow>('Comment', 'comments')

const commentsBelow = (parent: Prisma.Sql): Required<List<CommentRow>> => ({
  columns: commentColumns,
  from: commentsWithAuthors,
  where: Prisma.sql`TRUE`,
  order: commentOrder,
  parent,
})
const ticketComments = commentsBelow(Prisma.sql`c.ticket_id`)
const commentReplies = commentsBelow(Prisma.sql`c.parent_id`)

builder.objectType('Comment', {
  interfaces: ['Node'],
  description: 'What somebody said about a ticket.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'What it is about.',
      resolve: ({ ticketId }, _args, context) => getTicket(context, ticketId),
    }),
    author: t.field({
      type: 'User',
      description: 'Who said it.',
      resolve: ({ author }) => ({ ...author, createdAt: new Date(author.createdAt) }),
    }),
    body: t.exposeString('body', { description: 'What was said, in Markdown; "" once deleted.' }),
    parent: t.field({
      type: 'Comment',
      nullable: true,
      description: 'The comment that this one answers; null where it answers none.',
      resolve: ({ parentId }, _args, context) => (parentId ? findComment(context, parentId) : null),
    }),
    replies: t.field({
      type: CommentConnection,
      description: 'The comments that answer this one, oldest first.',
      args: forwardArgs,
      resolve: ({ id }, page, context) => connectionBelow(context, 'replies', commentReplies, page, id),
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
    resolve: ({ id }, page, context) => connectionBelow(context, 'comments', ticketComments, page, id),
  }),
  commentCount: t.int({
    description: 'How many comments it has, without deleted ones.',
    resolve: ({ id }, _args, context) => countComments(context, id),
  }),
}))
