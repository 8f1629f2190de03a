import { builder } from '../builder.ts'
import { projectRelation } from '../project/project.loaders.ts'
import { nestedField } from '../reading/nested.ts'
import { projectLabels, ticketLabels } from './label.loaders.ts'

builder.prismaObject('Label', {
  interfaces: ['Node'],
  description: 'A tag for tickets of a project.',
  fields: (t) => ({
    project: t.field({
      type: 'Project',
      description: 'Project whose tickets can have the label.',
      ...nestedField(projectRelation('projectId')),
    }),
    name: t.exposeString('name', { description: 'Name, at most 50 characters. Unique in the project, ignoring case.' }),
    color: t.expose('color', { type: 'HexColor', description: 'Display color as "#rrggbb", in lower case.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'Explanation of when to use the label.',
    }),
  }),
})

builder.interfaceField('Ticket', 'labels', (t) =>
  t.field({
    type: ['Label'],
    description: 'Labels of the ticket, sorted by name.',
    ...nestedField(ticketLabels, { size: 5 }),
  }),
)

builder.objectField('Project', 'labels', (t) =>
  t.field({
    type: ['Label'],
    description: 'Labels that tickets of the project can have, sorted by name.',
    ...nestedField(projectLabels, { size: 50 }),
  }),
)
