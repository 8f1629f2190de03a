import { z } from 'zod'
import { id, labelReferences, projectReference, text, ticketReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { findProject } from '../project/project.loaders.ts'
import { write, writeOptimistically } from '../write.ts'
import { createLabel, deleteLabel, updateLabel } from './label.actions.ts'
import { labelName, maxLabels } from './label.rules.ts'
import { addLabels, removeLabels, setLabels } from './ticket-labels.actions.ts'

const rules = {
  name: labelName,
  color: z
    .string('must not be null')
    .regex(/^#[0-9a-f]{6}$/i, 'must be "#" and six hexadecimal digits, such as "#d73a4a"')
    .transform((color) => color.toLowerCase()),
  description: text(1000).nullable(),
}

mutation('createLabel', {
  description: 'Creates a label in a project. Requires MAINTAINER in the project.',
  inputDescription: 'A new label for tickets of a project.',
  payloadDescription: 'The new label, with its id.',
  input: (t) => ({
    projectId: t.id({ required: true, description: 'Id or key of the project.' }),
    name: t.string({
      required: true,
      description: 'Name, at most 50 characters. Unique in the project, ignoring case.',
    }),
    color: t.field({
      type: 'HexColor',
      required: true,
      description: 'Display color as "#rrggbb".',
    }),
    description: t.string({ description: 'Explanation of when to use the label, at most 1,000 characters.' }),
  }),
  rules: { projectId: projectReference, ...rules },
  resolve: async (input, context) => ({ label: await write(context, (tx, viewer) => createLabel(tx, viewer, input)) }),
  payload: (t) => ({ label: t.expose('label', { type: 'Label', description: 'Created label.' }) }),
})

mutation('updateLabel', {
  description:
    'Updates a label for all tickets that have it, without changing their versions. Requires MAINTAINER in the project.',
  inputDescription: 'Changes to a label. Omitted fields keep their value.',
  payloadDescription: 'The updated label.',
  input: (t) => ({
    id: t.id({ required: true, description: 'UUID of the label.' }),
    name: t.string({ description: 'New name, at most 50 characters. Unique in the project, ignoring case.' }),
    color: t.field({ type: 'HexColor', description: 'New display color as "#rrggbb".' }),
    description: t.string({
      description: 'Explanation of when to use the label, at most 1,000 characters; null clears it.',
    }),
  }),
  rules: { id, ...rules },
  resolve: async ({ name, color, ...input }, context) => ({
    label: await write(context, (tx, viewer) =>
      updateLabel(tx, viewer, { ...input, name: name ?? undefined, color: color ?? undefined }),
    ),
  }),
  payload: (t) => ({ label: t.expose('label', { type: 'Label', description: 'Updated label.' }) }),
})

mutation('deleteLabel', {
  description: 'Deletes a label and removes it from all tickets. Requires MAINTAINER in the project.',
  inputDescription: 'A label to delete.',
  payloadDescription: 'The deleted label and its project.',
  input: (t) => ({ id: t.id({ required: true, description: 'UUID of the label.' }) }),
  rules: { id },
  resolve: async (input, context) => ({
    id: input.id,
    projectId: await write(context, (tx, viewer) => deleteLabel(tx, viewer, input.id)),
  }),
  payload: (t) => ({
    deletedLabelId: t.exposeID('id', { description: 'Id of the deleted label, to remove it from a client cache.' }),
    project: t.field({
      type: 'Project',
      nullable: true,
      description: 'Project of the deleted label. Null if you can no longer see it.',
      resolve: ({ projectId }, _args, context) => findProject(context, projectId),
    }),
  }),
})

const ticketLabelsMutation = (name: string, action: typeof setLabels, description: string, labelsDescription: string) =>
  mutation(name, {
    inputDescription: 'A ticket and labels of its project.',
    payloadDescription: 'The ticket with its new labels.',
    description: `${description} Requires CONTRIBUTOR in the project.`,
    input: (t) => ({
      ticketId: t.id({ required: true, description: 'Id or key of the ticket.' }),
      labelIds: t.idList({ required: true, description: `${labelsDescription} At most ${maxLabels}.` }),
      expectedVersion: t.int({
        description:
          'Version that the change is based on. Fails with CONFLICT if the labels were changed since then, even to the same ones. A mutation that changes no label creates no version.',
      }),
    }),
    rules: { ticketId: ticketReference, labelIds: labelReferences(maxLabels) },
    resolve: async (input, context) => ({
      ticket: await writeOptimistically(context, (db, viewer) => action(db, viewer, input)),
    }),
    payload: (t) => ({ ticket: t.expose('ticket', { type: 'Ticket', description: 'Updated ticket.' }) }),
  })

ticketLabelsMutation(
  'setLabels',
  setLabels,
  'Replaces all labels of a ticket.',
  'Ids or names of the new labels; an empty list removes all.',
)
ticketLabelsMutation(
  'addLabels',
  addLabels,
  'Adds labels to a ticket, in addition to its current ones.',
  'Ids or names of the labels to add.',
)
ticketLabelsMutation(
  'removeLabels',
  removeLabels,
  'Removes labels from a ticket. Ignores labels that it does not have.',
  'Ids or names of the labels to remove.',
)
