import { builder } from '../builder.ts'
import type { FieldDependencies } from '../reading/look-ahead.ts'
import { hasRole } from './project.access.ts'
import { getProjectPermissions } from './project.loaders.ts'

const ProjectPermissions = builder
  .objectRef<Record<'createTicket' | 'updateTickets' | 'importTickets' | 'update' | 'archive', boolean>>(
    'ProjectPermissions',
  )
  .implement({
    description: 'Your permissions in a project. In an archived project, all except `archive` are false.',
    fields: (t) => ({
      createTicket: t.exposeBoolean('createTicket', {
        description: 'True if you may create tickets and comment on all of them. Requires REPORTER.',
      }),
      updateTickets: t.exposeBoolean('updateTickets', {
        description: 'True if you may change, assign and label tickets of all reporters. Requires CONTRIBUTOR.',
      }),
      importTickets: t.exposeBoolean('importTickets', {
        description: 'True if you may import files, also as a dry run. Requires CONTRIBUTOR.',
      }),
      update: t.exposeBoolean('update', {
        description: 'True if you may change the project, its labels, members and webhooks. Requires MAINTAINER.',
      }),
      archive: t.exposeBoolean('archive', {
        description: 'True if you may archive and unarchive the project. Requires MAINTAINER.',
      }),
    }),
  })

builder.objectField('Project', 'viewerCan', (t) =>
  t.field({
    type: ProjectPermissions,
    description: 'Your permissions in the project.',
    extensions: { reads: {} satisfies FieldDependencies },
    resolve: async ({ id }, _args, context) => {
      const permissions = await getProjectPermissions(context, id)
      const isContributor = hasRole(permissions, 'CONTRIBUTOR')
      return {
        createTicket: hasRole(permissions, 'REPORTER'),
        updateTickets: isContributor,
        importTickets: isContributor,
        update: hasRole(permissions, 'MAINTAINER'),
        archive: hasRole({ ...permissions, projectArchivedAt: null }, 'MAINTAINER'),
      }
    },
  }),
)
