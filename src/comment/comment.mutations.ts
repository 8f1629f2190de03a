import { bodyText, id, notBlank, ticketReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { edgeOf } from '../paging/connection.type.ts'
import { getTicket } from '../ticket/ticket.loaders.ts'
import { write, writeOptimistically } from '../write.ts'
import { addComment, deleteComment, editComment } from './comment.actions.ts'
import { commentOrder } from './comment.sql.ts'
import { CommentEdge } from './comment.type.ts'

const body = notBlank(bodyText)

mutation('addComment', {
  description: 'Adds a comment to a ticket, or a reply to a comment. Requires REPORTER in the project.',
  inputDescription: 'A new comment or reply.',
  payloadDescription: 'The new comment or reply.',
  input: (t) => ({
    ticketId: t.id({ required: true, description: 'Id or key of the ticket.' }),
    parentId: t.id({ description: 'Id of the comment of the same ticket to reply to. Omit it to start a thread.' }),
    body: t.string({ required: true, description: 'Text in Markdown, at most 64 KiB.' }),
  }),
  rules: { ticketId: ticketReference, parentId: id.nullable(), body },
  resolve: async (input, context) => ({
    comment: await writeOptimistically(context, (db, viewer) => addComment(db, viewer, input)),
  }),
  payload: (t) => ({
    comment: t.expose('comment', { type: 'Comment', description: 'Created comment.' }),
    commentEdge: t.field({
      type: CommentEdge,
      description: 'Created comment as an edge of the lists of comments and replies, for Relay.',
      resolve: ({ comment }) => edgeOf(commentOrder, comment, [comment.createdAt, comment.id]),
    }),
  }),
})

mutation('editComment', {
  description:
    'Replaces the text of a comment. Only its author (with REPORTER in the project) or an ADMIN can edit it.',
  inputDescription: 'A comment and its new text.',
  payloadDescription: 'The edited comment.',
  input: (t) => ({
    id: t.id({ required: true, description: 'UUID of the comment.' }),
    body: t.string({ required: true, description: 'New text in Markdown, at most 64 KiB.' }),
  }),
  rules: { id, body },
  resolve: async (input, context) => ({
    comment: await write(context, (tx, viewer) => editComment(tx, viewer, input.id, input.body)),
  }),
  payload: (t) => ({ comment: t.expose('comment', { type: 'Comment', description: 'Updated comment.' }) }),
})

mutation('deleteComment', {
  description:
    'Deletes a comment. While it has replies, it stays in the thread with an empty text. Only its author (with REPORTER in the project) or a MAINTAINER can delete it.',
  inputDescription: 'A comment to delete.',
  payloadDescription: 'The deleted comment and its ticket.',
  input: (t) => ({ id: t.id({ required: true, description: 'UUID of the comment.' }) }),
  rules: { id },
  resolve: async (input, context) => ({
    id: input.id,
    ticketId: await write(context, (tx, viewer) => deleteComment(tx, viewer, input.id)),
  }),
  payload: (t) => ({
    deletedCommentId: t.exposeID('id', { description: 'Id of the deleted comment, to remove it from a client cache.' }),
    ticket: t.field({
      type: 'Ticket',
      description: 'Ticket of the deleted comment.',
      resolve: ({ ticketId }, _args, context) => getTicket(context, ticketId),
    }),
  }),
})
