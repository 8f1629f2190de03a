import { idList, notNull, projectReference, ticketReference, userReference } from '../check.ts'
import { maxLabels } from '../label/label.rules.ts'
import { mutation } from '../mutation.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import { createTicket } from '../ticket/ticket-create.actions.ts'
import { newTicketFields, ticketPatchFields } from '../ticket/ticket-input.type.ts'
import { type TicketPatch, updateTicket } from '../ticket/ticket-update.actions.ts'
import { writeOptimistically } from '../write.ts'

mutation('createIssue', {
  description: 'Files an issue. For REPORTERs of the project.',
  input: (t) => ({
    ...newTicketFields(t),
    title: t.string({ required: true, description: 'What it is about, in a line: at most 200 characters.' }),
  }),
  rules: {
    ...ticketRules,
    projectId: projectReference,
    priority: notNull,
    assigneeId: userReference.nullable(),
    labelIds: idList(maxLabels).nullable(),
  },
  findsFaults: true,
  resolve: async (input, context, faults) => ({
    issue: await writeOptimistically(context, (db, viewer) =>
      createTicket(db, viewer, { ...input, kind: 'ISSUE' }, faults),
    ),
  }),
  payload: (t) => ({ issue: t.expose('issue', { type: 'Issue', description: 'The new issue.' }) }),
})

mutation('updateIssue', {
  description:
    'Patches an issue: a field left out stays, a field given as null is cleared. For CONTRIBUTORs, and REPORTERs on what they filed.',
  input: ticketPatchFields,
  rules: {
    ...ticketRules,
    id: ticketReference,
    status: notNull,
    priority: notNull,
    assigneeId: userReference.nullable(),
  },
  findsFaults: true,
  resolve: async ({ id, expectedVersion, ...patch }, context, faultsSoFar) => ({
    issue: await writeOptimistically(context, (db, viewer) =>
      updateTicket(db, viewer, { id, kind: 'ISSUE', expectedVersion, patch: patch as TicketPatch, faultsSoFar }),
    ),
  }),
  payload: (t) => ({ issue: t.expose('issue', { type: 'Issue', description: 'The issue as it is now.' }) }),
})
