import { Disposition, Priority, Resolution, Severity, TicketKind, TicketStatus } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import { getProjectRights, projectRelation } from '../project/project.loaders.ts'
import type { Reads } from '../reading/look-ahead.ts'
import { nestedField, readNested } from '../reading/nested.ts'
import { userRelation } from '../user/user.loaders.ts'
import { canArchive, canAssign, canComment, canUpdate } from './ticket.access.ts'
import { ticketProjectKey } from './ticket.loaders.ts'

builder.enumType('TicketKind', {
  description: 'The two kinds of tickets.',
  values: {
    [TicketKind.ISSUE]: { description: 'An issue with software.' },
    [TicketKind.DEFECT]: { description: 'A defect found in production.' },
  },
})

builder.enumType('TicketStatus', {
  description: 'Where a ticket stands. Sorts in this order.',
  values: {
    [TicketStatus.OPEN]: { description: 'Nobody works on it yet.' },
    [TicketStatus.IN_PROGRESS]: { description: 'Somebody works on it.' },
    [TicketStatus.RESOLVED]: { description: 'Done, in the eyes of who worked on it.' },
    [TicketStatus.CLOSED]: { description: 'Done with.' },
  },
})

builder.enumType('Resolution', {
  description: 'Why a ticket is resolved or closed.',
  values: {
    [Resolution.FIXED]: { description: 'What was wrong is mended. Taken when no other is given.' },
    [Resolution.DUPLICATE]: { description: 'Another ticket is about the same.' },
    [Resolution.WONT_FIX]: { description: 'It stays as it is.' },
    [Resolution.CANNOT_REPRODUCE]: { description: 'It could not be seen again.' },
    [Resolution.NOT_A_DEFECT]: { description: 'It is as it should be.' },
  },
})

builder.enumType('Priority', {
  description: 'How urgent a ticket is. Sorts in this order.',
  values: {
    [Priority.LOW]: { description: 'When there is time.' },
    [Priority.MEDIUM]: { description: 'In its turn. Taken when no other is given.' },
    [Priority.HIGH]: { description: 'Before the others.' },
    [Priority.URGENT]: { description: 'Now.' },
  },
})

builder.enumType('Severity', {
  description: 'How bad a defect is. Sorts in this order.',
  values: {
    [Severity.MINOR]: { description: 'The unit serves its purpose.' },
    [Severity.MAJOR]: { description: 'The unit may fail to serve its purpose. Taken when no other is given.' },
    [Severity.CRITICAL]: { description: 'Somebody may come to harm, or the unit does not work at all.' },
  },
})

builder.enumType('Disposition', {
  description: 'What was decided about a unit with a defect.',
  values: {
    [Disposition.PENDING]: { description: 'Set aside until it is decided.' },
    [Disposition.USE_AS_IS]: { description: 'Used in spite of the defect.' },
    [Disposition.REWORK]: { description: 'Made to conform to its specification.' },
    [Disposition.REPAIR]: { description: 'Made usable, though not conforming.' },
    [Disposition.SCRAP]: { description: 'Thrown away.' },
    [Disposition.RETURN_TO_SUPPLIER]: { description: 'Sent back to where it came from.' },
  },
})

const TicketPermissions = builder
  .objectRef<Record<'update' | 'comment' | 'assign' | 'archive', boolean>>('TicketPermissions')
  .implement({
    description: 'What you may do with a ticket.',
    fields: (t) => ({
      update: t.exposeBoolean('update', { description: 'Change its fields and its status.' }),
      comment: t.exposeBoolean('comment', { description: 'Comment on it.' }),
      assign: t.exposeBoolean('assign', { description: 'Assign and label it.' }),
      archive: t.exposeBoolean('archive', { description: 'Archive it, and take it back.' }),
    }),
  })

builder.interfaceType('Ticket', {
  interfaces: ['Node'],
  description: 'Something to be dealt with: an issue with software, or a defect found in production.',
  resolveType: ({ kind }) => (kind === 'DEFECT' ? 'Defect' : 'Issue'),
  fields: (t) => ({
    key: t.string({
      description:
        'What people call it, such as "CORE-42": the key of its project and its number. Stands for the id in every argument.',
      extensions: { reads: { columns: ['number'], nested: ticketProjectKey } satisfies Reads },
      resolve: async (ticket, args, context, info) =>
        `${await readNested<string>(ticketProjectKey, ticket, args, { context, info })}-${ticket.number}`,
    }),
    number: t.exposeInt('number', { description: 'Counts the tickets of its project, without gaps.' }),
    project: t.field({
      type: 'Project',
      description: 'What it belongs to.',
      ...nestedField(projectRelation('projectId')),
    }),
    title: t.exposeString('title', { description: 'What it is about, in a line.' }),
    description: t.exposeString('description', { nullable: true, description: 'What there is to know, in Markdown.' }),
    status: t.expose('status', { type: 'TicketStatus', description: 'Where it stands.' }),
    resolution: t.expose('resolution', {
      type: 'Resolution',
      nullable: true,
      description: 'Why it is RESOLVED or CLOSED; null while open.',
    }),
    priority: t.expose('priority', { type: 'Priority', description: 'How urgent it is.' }),
    reporter: t.field({
      type: 'User',
      description: 'The account that filed it.',
      ...nestedField(userRelation('reporterId')),
    }),
    assignee: t.field({
      type: 'User',
      nullable: true,
      description: 'Who works on it; null while nobody does.',
      ...nestedField(userRelation('assigneeId')),
    }),
    version: t.exposeInt('version', {
      description: '1 at birth, 1 more with each change of its own fields or labels. Give it back as expectedVersion.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was filed.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When its version last moved; comments do not count.',
    }),
    updatedBy: t.field({
      type: 'User',
      nullable: true,
      description: 'Who changed it last; null while nobody has.',
      ...nestedField(userRelation('updatedById')),
    }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last became RESOLVED or CLOSED; null while it is open.',
    }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when lists leave it out; null while they do not.',
    }),
    externalKey: t.exposeString('externalKey', {
      nullable: true,
      description: 'What it is called where it was imported from; unique in its project.',
    }),
    viewerCan: t.field({
      type: TicketPermissions,
      description: 'What you may do with it.',
      extensions: { reads: { columns: ['projectId', 'reporterId'] } satisfies Reads },
      resolve: async (ticket, _args, context) => {
        const rights = await getProjectRights(context, ticket.projectId)
        return {
          update: canUpdate(requireViewer(context), ticket, rights),
          comment: canComment(rights),
          assign: canAssign(rights),
          archive: canArchive(rights),
        }
      },
    }),
  }),
})
