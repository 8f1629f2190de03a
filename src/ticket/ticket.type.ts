import { Disposition, Priority, Resolution, Severity, TicketKind, TicketStatus } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import { getProjectPermissions, projectRelation } from '../project/project.loaders.ts'
import type { FieldDependencies } from '../reading/look-ahead.ts'
import { nestedField, readNested } from '../reading/nested.ts'
import { userRelation } from '../user/user.loaders.ts'
import { canArchive, canAssign, canComment, canUpdate } from './ticket.access.ts'
import { ticketProjectKey } from './ticket.loaders.ts'

builder.enumType('TicketKind', {
  description: 'Type of a ticket, fixed at creation.',
  values: {
    [TicketKind.ISSUE]: { description: 'A problem with software, or a request to change it.' },
    [TicketKind.DEFECT]: { description: 'A nonconformity found in production.' },
  },
})

builder.enumType('TicketStatus', {
  description: 'Workflow status of a ticket. Any status can follow any other. Sorts from OPEN to CLOSED.',
  values: {
    [TicketStatus.OPEN]: { description: 'Reported, work has not started.' },
    [TicketStatus.IN_PROGRESS]: { description: 'Being worked on.' },
    [TicketStatus.RESOLVED]: { description: 'Work is finished, not yet verified. Has a resolution.' },
    [TicketStatus.CLOSED]: { description: 'Closed after verification. Has a resolution.' },
  },
})

builder.enumType('Resolution', {
  description: 'Outcome of a ticket that is RESOLVED or CLOSED.',
  values: {
    [Resolution.FIXED]: { description: 'The problem was fixed. The default.' },
    [Resolution.DUPLICATE]: { description: 'Another ticket describes the same problem.' },
    [Resolution.WONT_FIX]: { description: 'Valid, but it will not be fixed.' },
    [Resolution.CANNOT_REPRODUCE]: { description: 'The problem could not be observed again.' },
    [Resolution.NOT_A_DEFECT]: { description: 'It works or was built as specified.' },
  },
})

builder.enumType('Priority', {
  description: 'Urgency of a ticket. Sorts from LOW to URGENT.',
  values: {
    [Priority.LOW]: { description: 'Can wait until there is time.' },
    [Priority.MEDIUM]: { description: 'To be handled in order. The default.' },
    [Priority.HIGH]: { description: 'To be handled before tickets of lower priority.' },
    [Priority.URGENT]: { description: 'To be handled immediately.' },
  },
})

builder.enumType('Severity', {
  description: 'Impact of a defect on the unit and its users. Sorts from MINOR to CRITICAL.',
  values: {
    [Severity.MINOR]: { description: 'The unit still serves its purpose.' },
    [Severity.MAJOR]: { description: 'The unit may fail to serve its purpose. The default.' },
    [Severity.CRITICAL]: { description: 'The unit does not work at all, or may cause harm.' },
  },
})

builder.enumType('Disposition', {
  description: 'Decision about a nonconforming unit.',
  values: {
    [Disposition.PENDING]: { description: 'Set aside, awaiting a decision.' },
    [Disposition.USE_AS_IS]: { description: 'Accepted in spite of the defect.' },
    [Disposition.REWORK]: { description: 'Reworked to conform to its specification.' },
    [Disposition.REPAIR]: { description: 'Made usable without conforming to its specification.' },
    [Disposition.SCRAP]: { description: 'Discarded.' },
    [Disposition.RETURN_TO_SUPPLIER]: { description: 'Sent back to its supplier.' },
  },
})

const TicketPermissions = builder
  .objectRef<Record<'update' | 'comment' | 'assign' | 'archive', boolean>>('TicketPermissions')
  .implement({
    description: 'Your permissions for a ticket. All are false in an archived project.',
    fields: (t) => ({
      update: t.exposeBoolean('update', {
        description:
          'True if you may change its fields and status. Requires CONTRIBUTOR, or REPORTER for tickets that you reported.',
      }),
      comment: t.exposeBoolean('comment', { description: 'True if you may comment on it. Requires REPORTER.' }),
      assign: t.exposeBoolean('assign', {
        description: 'True if you may assign and label it. Requires CONTRIBUTOR.',
      }),
      archive: t.exposeBoolean('archive', {
        description: 'True if you may archive and unarchive it. Requires MAINTAINER.',
      }),
    }),
  })

builder.prismaInterface('Ticket', {
  interfaces: ['Node'],
  description:
    'An issue with software or a defect found in production. Belongs to one project, with its own number and history.',
  resolveType: ({ kind }) => (kind === 'DEFECT' ? 'Defect' : 'Issue'),
  fields: (t) => ({
    key: t.string({
      description:
        'Human-readable identifier such as "CORE-42": the key of the project and the number. Arguments for ticket ids accept it.',
      extensions: { reads: { columns: ['number'], nested: ticketProjectKey } satisfies FieldDependencies },
      resolve: async (ticket, args, context, info) =>
        `${await readNested<string>(ticketProjectKey, ticket, args, { context, info })}-${ticket.number}`,
    }),
    number: t.exposeInt('number', {
      description: 'Sequential number in the project, starting at 1. Undoing an import can leave gaps.',
    }),
    project: t.field({
      type: 'Project',
      description: 'Project that the ticket belongs to. Never changes.',
      ...nestedField(projectRelation('projectId')),
    }),
    title: t.exposeString('title', { description: 'One-line summary, at most 255 characters.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'Full description in Markdown, at most 64 KiB.',
    }),
    status: t.expose('status', { type: 'TicketStatus', description: 'Workflow status. Defaults to OPEN.' }),
    resolution: t.expose('resolution', {
      type: 'Resolution',
      nullable: true,
      description: 'Outcome of a RESOLVED or CLOSED ticket. Null while OPEN or IN_PROGRESS.',
    }),
    priority: t.expose('priority', { type: 'Priority', description: 'Urgency. Defaults to MEDIUM.' }),
    reporter: t.field({
      type: 'User',
      description: 'User who reported the ticket: its creator, or the reporter named in an imported file.',
      ...nestedField(userRelation('reporterId')),
    }),
    assignee: t.field({
      type: 'User',
      nullable: true,
      description: 'User who works on the ticket. Null if unassigned.',
      ...nestedField(userRelation('assigneeId')),
    }),
    version: t.exposeInt('version', {
      description:
        'Number of the current version: 1 at creation, increased by 1 with every change of fields or labels. Pass it as `expectedVersion` to detect conflicts.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'Time of creation; for imported tickets, the original time.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'Time of the last change of fields or labels. Comments do not count.',
    }),
    updatedBy: t.field({
      type: 'User',
      nullable: true,
      description: 'User who made the last change. Null if unchanged since creation.',
      ...nestedField(userRelation('updatedById')),
    }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which the ticket last changed from OPEN or IN_PROGRESS to RESOLVED or CLOSED. Null while OPEN or IN_PROGRESS.',
    }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of archiving. Lists omit archived tickets by default. Null if not archived.',
    }),
    externalKey: t.exposeString('externalKey', {
      nullable: true,
      description:
        'Key of the ticket in the source system of its import, unique in the project. Null if there is none.',
    }),
    viewerCan: t.field({
      type: TicketPermissions,
      description: 'Your permissions for the ticket.',
      extensions: { reads: { columns: ['projectId', 'reporterId'] } satisfies FieldDependencies },
      resolve: async (ticket, _args, context) => {
        const permissions = await getProjectPermissions(context, ticket.projectId)
        return {
          update: canUpdate(requireViewer(context), ticket, permissions),
          comment: canComment(permissions),
          assign: canAssign(permissions),
          archive: canArchive(permissions),
        }
      },
    }),
  }),
})
