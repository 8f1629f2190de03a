import { idList, notNull, projectReference, ticketReference, userReference } from '../check.ts'
import { maxLabels } from '../label/label.rules.ts'
import { mutation } from '../mutation.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import { createTicket } from '../ticket/ticket-create.actions.ts'
import { newTicketFields, ticketPatchFields } from '../ticket/ticket-input.type.ts'
import { type TicketPatch, updateTicket } from '../ticket/ticket-update.actions.ts'
import { writeOptimistically } from '../write.ts'
import { defectRules, firstLine } from './defect.rules.ts'

const rules = {
  ...ticketRules,
  ...defectRules,
  priority: notNull,
  severity: notNull,
  assigneeId: userReference.nullable(),
} as const

mutation('createDefect', {
  description: 'Files a defect. For REPORTERs of the project.',
  input: (t) => ({
    ...newTicketFields(t),
    title: t.string({ description: 'What it is about, in a line; the first line of the description when left out.' }),
    category: t.string({
      required: true,
      description: 'What kind of defect: at most 100 characters. Spaces around it are dropped.',
    }),
    subcategory: t.string({ description: 'The finer kind.' }),
    absn: t.string({ description: 'The serial number of the affected unit.' }),
    reportedBy: t.string({ description: 'Who found it: a person or a station; your name when left out.' }),
    severity: t.field({ type: 'Severity', defaultValue: 'MAJOR', description: 'How bad it is.' }),
  }),
  rules: {
    ...rules,
    title: rules.title.nullable(),
    reportedBy: rules.reportedBy.nullable(),
    projectId: projectReference,
    labelIds: idList(maxLabels).nullable(),
  },
  faults: ({ title, description }) =>
    (title ?? firstLine(description)) === null
      ? [{ path: 'title', message: 'must be given where the description has no line to take it from' }]
      : [],
  findsFaults: true,
  resolve: async (input, context, faults) => ({
    defect: await writeOptimistically(context, (db, viewer) =>
      createTicket(
        db,
        viewer,
        { ...input, title: input.title ?? firstLine(input.description) ?? '', kind: 'DEFECT' },
        faults,
      ),
    ),
  }),
  payload: (t) => ({ defect: t.expose('defect', { type: 'Defect', description: 'The new defect.' }) }),
})

mutation('updateDefect', {
  description:
    'Patches a defect: a field left out stays, a field given as null is cleared. For CONTRIBUTORs, and REPORTERs on what they filed.',
  input: (t) => ({
    ...ticketPatchFields(t),
    category: t.string({ description: 'What kind of defect.' }),
    subcategory: t.string({ description: 'The finer kind; null clears it.' }),
    absn: t.string({ description: 'The serial number of the affected unit; null clears it.' }),
    reportedBy: t.string({ description: 'Who found it.' }),
    severity: t.field({ type: 'Severity', description: 'How bad it is.' }),
    disposition: t.field({
      type: 'Disposition',
      description: 'What was decided about the unit; null while nothing is.',
    }),
  }),
  rules: { ...rules, id: ticketReference, status: notNull },
  findsFaults: true,
  resolve: async ({ id, expectedVersion, ...patch }, context, faultsSoFar) => ({
    defect: await writeOptimistically(context, (db, viewer) =>
      updateTicket(db, viewer, { id, kind: 'DEFECT', expectedVersion, patch: patch as TicketPatch, faultsSoFar }),
    ),
  }),
  payload: (t) => ({ defect: t.expose('defect', { type: 'Defect', description: 'The defect as it is now.' }) }),
})
