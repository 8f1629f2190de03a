import { labelReferences, notNull, projectReference, ticketReference, userReference } from '../check.ts'
import { maxLabels } from '../label/label.rules.ts'
import { mutation } from '../mutation.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import { newTicketEdge } from '../ticket/ticket-connection.type.ts'
import { createTicket } from '../ticket/ticket-create.actions.ts'
import { newTicketFields, ticketPatchFields } from '../ticket/ticket-input.type.ts'
import { type TicketPatch, updateTicket } from '../ticket/ticket-update.actions.ts'
import { writeOptimistically } from '../write.ts'
import { IssueEdge } from './issue.type.ts'

mutation('createIssue', {
  description: 'Creates an issue. Requires REPORTER in the project.',
  inputDescription: 'A new issue, which starts with status OPEN.',
  payloadDescription: 'The new issue, with its key.',
  input: (t) => ({
    ...newTicketFields(t),
    title: t.string({ required: true, description: 'One-line summary, at most 255 characters.' }),
  }),
  rules: {
    ...ticketRules,
    projectId: projectReference,
    priority: notNull,
    assigneeId: userReference.nullable(),
    labelIds: labelReferences(maxLabels).nullable(),
  },
  collectsErrors: true,
  resolve: async (input, context, errors) => ({
    issue: await writeOptimistically(context, (db, viewer) =>
      createTicket(db, viewer, { ...input, kind: 'ISSUE' }, errors),
    ),
  }),
  payload: (t) => ({
    issue: t.expose('issue', { type: 'Issue', description: 'Created issue.' }),
    issueEdge: t.field({
      type: IssueEdge,
      description: 'Created issue as an edge of lists in the default order, for Relay.',
      resolve: ({ issue }) => newTicketEdge(issue),
    }),
  }),
})

mutation('updateIssue', {
  description:
    'Updates fields of an issue. Requires CONTRIBUTOR in the project, or REPORTER for issues that you reported.',
  inputDescription: 'Changes to an issue. Omitted fields keep their value.',
  payloadDescription: 'The updated issue, with its new version.',
  input: ticketPatchFields,
  rules: {
    ...ticketRules,
    id: ticketReference,
    status: notNull,
    priority: notNull,
    assigneeId: userReference.nullable(),
  },
  collectsErrors: true,
  resolve: async ({ id, expectedVersion, ...patch }, context, previousErrors) => ({
    issue: await writeOptimistically(context, (db, viewer) =>
      updateTicket(db, viewer, { id, kind: 'ISSUE', expectedVersion, patch: patch as TicketPatch, previousErrors }),
    ),
  }),
  payload: (t) => ({ issue: t.expose('issue', { type: 'Issue', description: 'Updated issue.' }) }),
})
