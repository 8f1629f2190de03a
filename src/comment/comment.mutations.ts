import { bodyText, filled, id, ticketReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { getTicket } from '../ticket/ticket.loaders.ts'
import { write } from '../write.ts'
import { addComment, deleteComment, editComment } from './comment.actions.ts'

const body = filled(bodyText)

mutation('addComment', {
  description: 'Comments on a ticket, or answers a comment. For REPORTERs of the project.',
  input: (t) => ({
    ticketId: t.id({ required: true, description: 'The id or the key of the ticket.' }),
    parentId: t.id({ description: 'The comment of the same ticket that this one answers.' }),
    body: t.string({ required: true, description: 'What to say, in Markdown: at most 64 KiB.' }),
  }),
  rules: { ticketId: ticketReference, parentId: id.nullable(), body },
  resolve: async (input, context) => ({ comment: await write(context, (tx, viewer) => addComment(tx, viewer, input)) }),
  payload: (t) => ({ comment: t.expose('comment', { type: 'Comment', description: 'The new comment.' }) }),
})

mutation('editComment', {
  description: 'Changes what a comment of yours says.',
  input: (t) => ({
    id: t.id({ required: true, description: 'The id of the comment.' }),
    body: t.string({ required: true, description: 'What it says from now on.' }),
  }),
  rules: { id, body },
  resolve: async (input, context) => ({
    comment: await write(context, (tx, viewer) => editComment(tx, viewer, input.id, input.body)),
  }),
  payload: (t) => ({ comment: t.expose('comment', { type: 'Comment', description: 'The comment as it is now.' }) }),
})

mutation('deleteComment', {
  description: "Deletes a comment of yours; as a MAINTAINER anyone's. While it has replies it keeps its place, empty.",
  input: (t) => ({ id: t.id({ required: true, description: 'The id of the comment.' }) }),
  rules: { id },
  resolve: async (input, context) => ({
    id: input.id,
    ticketId: await write(context, (tx, viewer) => deleteComment(tx, viewer, input.id)),
  }),
  payload: (t) => ({
    deletedCommentId: t.exposeID('id', { description: 'The id of the comment.' }),
    ticket: t.field({
      type: 'Ticket',
      description: 'The ticket that it was about.',
      resolve: ({ ticketId }, _args, context) => getTicket(context, ticketId),
    }),
  }),
})
