import { labelReferences, notNull, projectReference, ticketReference, userReference } from '../check.ts'
import { maxLabels } from '../label/label.rules.ts'
import { mutation } from '../mutation.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import { newTicketEdge } from '../ticket/ticket-connection.type.ts'
import { createTicket } from '../ticket/ticket-create.actions.ts'
import { newTicketFields, ticketPatchFields } from '../ticket/ticket-input.type.ts'
import { type TicketPatch, updateTicket } from '../ticket/ticket-update.actions.ts'
import { writeOptimistically } from '../write.ts'
import { defectRules, firstLine } from './defect.rules.ts'
import { DefectEdge } from './defect.type.ts'

const rules = {
  ...ticketRules,
  ...defectRules,
  priority: notNull,
  severity: notNull,
  assigneeId: userReference.nullable(),
} as const

mutation('createDefect', {
  description: 'Creates a defect. Requires REPORTER in the project.',
  inputDescription: 'A new defect, which starts with status OPEN.',
  payloadDescription: 'The new defect, with its key.',
  input: (t) => ({
    ...newTicketFields(t),
    title: t.string({
      description: 'One-line summary, at most 255 characters. Defaults to the first line of the description.',
    }),
    category: t.string({
      required: true,
      description: 'Category of the defect, at most 100 characters. Surrounding spaces are removed.',
    }),
    subcategory: t.string({ description: 'Subdivision of the category, at most 100 characters.' }),
    absn: t.string({ description: 'Serial number of the affected unit, at most 100 characters.' }),
    reportedBy: t.string({
      description: 'Person or station that found the defect, at most 100 characters. Defaults to your name.',
    }),
    severity: t.field({ type: 'Severity', defaultValue: 'MAJOR', description: 'Impact of the defect.' }),
  }),
  rules: {
    ...rules,
    title: rules.title.nullable(),
    reportedBy: rules.reportedBy.nullable(),
    projectId: projectReference,
    labelIds: labelReferences(maxLabels).nullable(),
  },
  validate: ({ title, description }) =>
    (title ?? firstLine(description)) === null
      ? [{ path: 'title', message: 'is required unless `description` contains text' }]
      : [],
  collectsErrors: true,
  resolve: async (input, context, errors) => ({
    defect: await writeOptimistically(context, (db, viewer) =>
      createTicket(
        db,
        viewer,
        { ...input, title: input.title ?? firstLine(input.description) ?? '', kind: 'DEFECT' },
        errors,
      ),
    ),
  }),
  payload: (t) => ({
    defect: t.expose('defect', { type: 'Defect', description: 'Created defect.' }),
    defectEdge: t.field({
      type: DefectEdge,
      description: 'Created defect as an edge of lists in the default order, for Relay.',
      resolve: ({ defect }) => newTicketEdge(defect),
    }),
  }),
})

mutation('updateDefect', {
  description:
    'Updates fields of a defect. Requires CONTRIBUTOR in the project, or REPORTER for defects that you reported.',
  inputDescription: 'Changes to a defect. Omitted fields keep their value.',
  payloadDescription: 'The updated defect, with its new version.',
  input: (t) => ({
    ...ticketPatchFields(t),
    category: t.string({ description: 'Category of the defect, at most 100 characters.' }),
    subcategory: t.string({
      description: 'Subdivision of the category, at most 100 characters; null clears it.',
    }),
    absn: t.string({ description: 'Serial number of the affected unit, at most 100 characters; null clears it.' }),
    reportedBy: t.string({ description: 'Person or station that found the defect, at most 100 characters.' }),
    severity: t.field({ type: 'Severity', description: 'New impact of the defect.' }),
    disposition: t.field({
      type: 'Disposition',
      description: 'Decision about the affected unit; null clears it.',
    }),
  }),
  rules: { ...rules, id: ticketReference, status: notNull },
  collectsErrors: true,
  resolve: async ({ id, expectedVersion, ...patch }, context, previousErrors) => ({
    defect: await writeOptimistically(context, (db, viewer) =>
      updateTicket(db, viewer, { id, kind: 'DEFECT', expectedVersion, patch: patch as TicketPatch, previousErrors }),
    ),
  }),
  payload: (t) => ({ defect: t.expose('defect', { type: 'Defect', description: 'Updated defect.' }) }),
})
