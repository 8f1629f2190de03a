import { builder } from '../builder.ts'
import { projectRelation } from '../project/project.loaders.ts'
import { nestedField } from '../reading/nested.ts'
import { projectLabels, ticketLabels } from './label.loaders.ts'

builder.objectType('Label', {
  interfaces: ['Node'],
  description: 'A word that tickets of a project are sorted with.',
  fields: (t) => ({
    project: t.field({
      type: 'Project',
      description: 'What it belongs to.',
      ...nestedField(projectRelation('projectId')),
    }),
    name: t.exposeString('name', { description: 'The word; unique in its project without case.' }),
    color: t.expose('color', { type: 'HexColor', description: 'What it is shown in.' }),
    description: t.exposeString('description', { nullable: true, description: 'When to use it.' }),
  }),
})

builder.interfaceField('Ticket', 'labels', (t) =>
  t.field({
    type: ['Label'],
    description: 'Its labels, by name.',
    ...nestedField(ticketLabels, { size: 5 }),
  }),
)

builder.objectField('Project', 'labels', (t) =>
  t.field({
    type: ['Label'],
    description: 'All its labels, by name.',
    ...nestedField(projectLabels, { size: 50 }),
  }),
)
