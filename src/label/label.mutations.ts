import { z } from 'zod'
import { id, idList, projectReference, text, ticketReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { findProject } from '../project/project.loaders.ts'
import { write, writeOptimistically } from '../write.ts'
import { createLabel, deleteLabel, updateLabel } from './label.actions.ts'
import { labelName } from './label.rules.ts'
import { addLabels, removeLabels, setLabels } from './ticket-labels.actions.ts'

const rules = {
  name: labelName,
  color: z
    .string('must not be null')
    .regex(/^#[0-9a-f]{6}$/i, 'must be "#" and six hexadecimal digits')
    .transform((color) => color.toLowerCase()),
  description: text(1000).nullable(),
}

mutation('createLabel', {
  description: 'Makes a label. For MAINTAINERs of the project.',
  input: (t) => ({
    projectId: t.id({ required: true, description: 'The id or the key of the project.' }),
    name: t.string({
      required: true,
      description: 'The word: at most 50 characters, unique in its project without case.',
    }),
    color: t.field({
      type: 'HexColor',
      required: true,
      description: 'What to show it in: "#" and six hexadecimal digits.',
    }),
    description: t.string({ description: 'When to use it.' }),
  }),
  rules: { projectId: projectReference, ...rules },
  resolve: async (input, context) => ({ label: await write(context, (tx, viewer) => createLabel(tx, viewer, input)) }),
  payload: (t) => ({ label: t.expose('label', { type: 'Label', description: 'The new label.' }) }),
})

mutation('updateLabel', {
  description: 'Changes a label on all tickets that have it. For MAINTAINERs of the project.',
  input: (t) => ({
    id: t.id({ required: true, description: 'The id of the label.' }),
    name: t.string({ description: 'The word.' }),
    color: t.field({ type: 'HexColor', description: 'What to show it in.' }),
    description: t.string({ description: 'When to use it; null clears it.' }),
  }),
  rules: { id, ...rules },
  resolve: async ({ name, color, ...input }, context) => ({
    label: await write(context, (tx, viewer) =>
      updateLabel(tx, viewer, { ...input, name: name ?? undefined, color: color ?? undefined }),
    ),
  }),
  payload: (t) => ({ label: t.expose('label', { type: 'Label', description: 'The label as it is now.' }) }),
})

mutation('deleteLabel', {
  description: 'Deletes a label and takes it off all its tickets. For MAINTAINERs of the project.',
  input: (t) => ({ id: t.id({ required: true, description: 'The id of the label.' }) }),
  rules: { id },
  resolve: async (input, context) => ({
    id: input.id,
    projectId: await write(context, (tx, viewer) => deleteLabel(tx, viewer, input.id)),
  }),
  payload: (t) => ({
    deletedLabelId: t.exposeID('id', { description: 'The id of the label that is no more.' }),
    project: t.field({
      type: 'Project',
      nullable: true,
      description: 'The project that it belonged to.',
      resolve: ({ projectId }, _args, context) => findProject(context, projectId),
    }),
  }),
})

/** Adds a mutation of the labels of a ticket. */
const ticketLabelsMutation = (name: string, action: typeof setLabels, description: string, what: string) =>
  mutation(name, {
    description: `${description} For CONTRIBUTORs of the project.`,
    input: (t) => ({
      ticketId: t.id({ required: true, description: 'The id or the key of the ticket.' }),
      labelIds: t.idList({ required: true, description: `${what} At most 50.` }),
      expectedVersion: t.int({ description: 'The version that you saw: CONFLICT when its labels have changed since.' }),
    }),
    rules: { ticketId: ticketReference, labelIds: idList(50) },
    resolve: async (input, context) => ({
      ticket: await writeOptimistically(context, (db, viewer) => action(db, viewer, input)),
    }),
    payload: (t) => ({ ticket: t.expose('ticket', { type: 'Ticket', description: 'The ticket as it is now.' }) }),
  })

ticketLabelsMutation(
  'setLabels',
  setLabels,
  'Replaces all labels of a ticket at once.',
  'All labels that it has from now on; none clears them.',
)
ticketLabelsMutation('addLabels', addLabels, 'Puts labels on a ticket; it keeps those it has.', 'The labels to put on.')
ticketLabelsMutation(
  'removeLabels',
  removeLabels,
  'Takes labels off a ticket; those it does not have do no harm.',
  'The labels to take off.',
)
