import { builder } from '../builder.ts'
import { id, notNull } from '../check.ts'
import { mutation } from '../mutation.ts'
import { getTicket } from '../ticket/ticket.loaders.ts'
import { write } from '../write.ts'
import { type BatchUndo, undoBatch } from './undo.actions.ts'

/** Objects returned in addition to their number. */
const maxReturned = 1000

const UndoRefusal = builder.objectRef<BatchUndo['refusals'][number]>('UndoRefusal').implement({
  description: 'A ticket that an undo did not change.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'Ticket that kept its values.',
      resolve: ({ ticketId }, _args, context) => getTicket(context, ticketId),
    }),
    reason: t.exposeString('reason', { description: 'Reason, such as a later change by another user.' }),
  }),
})

mutation('undoBatch', {
  work: 1000,
  description:
    'Undoes a bulk change by `bulkUpdateStatus` or `deleteLabel`: restores the previous values, as a new version of each ticket. Keeps tickets whose status or resolution has changed since. Requires the role of the bulk change: CONTRIBUTOR in all projects, MAINTAINER for a label.',
  inputDescription: 'The bulk change to undo.',
  payloadDescription: 'The tickets after the undo, and those that were kept.',
  input: (t) => ({
    batch: t.id({
      required: true,
      description: 'Id of the batch, from the payload of the bulk change or from history.',
    }),
    dryRun: t.boolean({
      defaultValue: false,
      description: 'True to count the tickets that would be restored without changing them.',
    }),
  }),
  rules: { batch: id, dryRun: notNull },
  resolve: ({ batch, dryRun }, context): Promise<BatchUndo> =>
    write(context, (tx, viewer) => undoBatch(tx, viewer, batch, dryRun ?? false)),
  payload: (t) => ({
    batch: t.exposeID('batch', {
      nullable: true,
      description: 'Id that the history events of the undo have in common. Null if nothing changed.',
    }),
    undoneCount: t.int({
      description: 'Number of tickets that were restored, or would be in a dry run.',
      resolve: ({ undoneIds }) => undoneIds.length,
    }),
    tickets: t.field({
      type: ['Ticket'],
      extensions: { size: maxReturned },
      description: `Restored tickets, sorted by id; in a dry run, in their current state. At most the first ${maxReturned}.`,
      resolve: ({ undoneIds }, _args, context) =>
        Promise.all(undoneIds.slice(0, maxReturned).map((ticketId) => getTicket(context, ticketId))),
    }),
    refusedCount: t.int({
      description: 'Number of kept tickets, including those not listed in `refused`.',
      resolve: ({ refusals }) => refusals.length,
    }),
    refused: t.field({
      type: [UndoRefusal],
      extensions: { size: maxReturned },
      description: `Kept tickets, sorted by id. At most the first ${maxReturned}.`,
      resolve: ({ refusals }) => refusals.slice(0, maxReturned),
    }),
  }),
})
