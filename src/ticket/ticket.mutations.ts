import { notNull, ticketReference, userReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { writeOptimistically } from '../write.ts'
import { archiveTicket } from './ticket-archive.actions.ts'
import { updateTicket } from './ticket-update.actions.ts'

mutation('assignTicket', {
  description: 'Assigns a ticket to a user, or unassigns it. Requires CONTRIBUTOR in the project.',
  inputDescription: 'A ticket and its new assignee.',
  payloadDescription: 'The ticket with its new assignee.',
  input: (t) => ({
    id: t.id({ required: true, description: 'Id or key of the ticket.' }),
    assigneeId: t.id({
      description:
        'Id or username of an active user who can see the project. Must be passed; null unassigns the ticket.',
    }),
    expectedVersion: t.int({
      description:
        'Version that the change is based on. Fails with CONFLICT if the assignee was changed since then, even to the same user. Passing the current assignee creates no version.',
    }),
  }),
  rules: { id: ticketReference, assigneeId: userReference.nullable() },
  validate: ({ assigneeId }) =>
    assigneeId === undefined ? [{ path: 'assigneeId', message: 'is required: a user, or null to unassign' }] : [],
  resolve: async ({ id, assigneeId, expectedVersion }, context) => ({
    ticket: await writeOptimistically(context, (db, viewer) =>
      updateTicket(db, viewer, { id, expectedVersion, patch: { assigneeId: assigneeId ?? null } }),
    ),
  }),
  payload: (t) => ({ ticket: t.expose('ticket', { type: 'Ticket', description: 'Updated ticket.' }) }),
})

mutation('archiveTicket', {
  description:
    'Archives or unarchives a ticket. Lists omit archived tickets by default. Requires MAINTAINER in the project.',
  inputDescription: 'A ticket and its new archival state.',
  payloadDescription: 'The archived or unarchived ticket.',
  input: (t) => ({
    id: t.id({ required: true, description: 'Id or key of the ticket.' }),
    archived: t.boolean({ defaultValue: true, description: 'True archives the ticket, false unarchives it.' }),
  }),
  rules: { id: ticketReference, archived: notNull },
  resolve: async ({ id, archived }, context) => ({
    ticket: await writeOptimistically(context, (db, viewer) => archiveTicket(db, viewer, id, archived ?? true)),
  }),
  payload: (t) => ({ ticket: t.expose('ticket', { type: 'Ticket', description: 'Updated ticket.' }) }),
})
