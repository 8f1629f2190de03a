import { notNull, ticketReference, userReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { writeOptimistically } from '../write.ts'
import { archiveTicket } from './ticket-archive.actions.ts'
import { updateTicket } from './ticket-update.actions.ts'

mutation('assignTicket', {
  description: 'Assigns a ticket to somebody who may see its project, or to nobody. For CONTRIBUTORs.',
  input: (t) => ({
    id: t.id({ required: true, description: 'The id or the key of the ticket.' }),
    assigneeId: t.id({ description: 'Who works on it from now on, by id or username; null for nobody.' }),
    expectedVersion: t.int({
      description: 'The version that you saw: CONFLICT when somebody else has assigned it since.',
    }),
  }),
  rules: { id: ticketReference, assigneeId: userReference.nullable() },
  validate: ({ assigneeId }) =>
    assigneeId === undefined ? [{ path: 'assigneeId', message: 'must be a user, or null for nobody' }] : [],
  resolve: async ({ id, assigneeId, expectedVersion }, context) => ({
    ticket: await writeOptimistically(context, (db, viewer) =>
      updateTicket(db, viewer, { id, expectedVersion, patch: { assigneeId: assigneeId ?? null } }),
    ),
  }),
  payload: (t) => ({ ticket: t.expose('ticket', { type: 'Ticket', description: 'The ticket as it is now.' }) }),
})

mutation('archiveTicket', {
  description: 'Puts a ticket away, so that lists leave it out, or takes it back. For MAINTAINERs.',
  input: (t) => ({
    id: t.id({ required: true, description: 'The id or the key of the ticket.' }),
    archived: t.boolean({ defaultValue: true, description: 'False takes it back.' }),
  }),
  rules: { id: ticketReference, archived: notNull },
  resolve: async ({ id, archived }, context) => ({
    ticket: await writeOptimistically(context, (db, viewer) => archiveTicket(db, viewer, id, archived ?? true)),
  }),
  payload: (t) => ({ ticket: t.expose('ticket', { type: 'Ticket', description: 'The ticket as it is now.' }) }),
})
