import { ChangeType } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import type { FieldCall } from '../graphql/cost.ts'
import { nestedField } from '../reading/nested.ts'
import { TicketFilterInput } from '../ticket/ticket-filter.type.ts'
import { userRelation } from '../user/user.loaders.ts'
import { type ChangeBatch as ChangeBatchValue, changeComment, changeTicket } from './change.loaders.ts'
import { maxBatchSize } from './change.rules.ts'

builder.enumType('ChangeType', {
  description: 'Kind of a change in the feed. Labels are fields of a ticket: they change by TICKET_UPDATED.',
  values: {
    [ChangeType.TICKET_CREATED]: { description: 'A ticket was created or imported.' },
    [ChangeType.TICKET_UPDATED]: { description: 'Fields or labels of a ticket changed.' },
    [ChangeType.TICKET_ARCHIVED]: {
      description: 'A ticket was archived. An import may have changed other fields too.',
    },
    [ChangeType.TICKET_RESTORED]: {
      description: 'A ticket was unarchived. An import may have changed other fields too.',
    },
    [ChangeType.TICKET_DELETED]: { description: 'The undo of its import deleted a ticket.' },
    [ChangeType.COMMENT_ADDED]: { description: 'A comment was added.' },
    [ChangeType.COMMENT_EDITED]: { description: 'The text of a comment changed.' },
    [ChangeType.COMMENT_DELETED]: { description: 'A comment was deleted.' },
  },
})

builder.prismaObject('Change', {
  description:
    'A change of a ticket or a comment, recorded in the statement that made it. Changes of a ticket are ordered by version.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique identifier of the change, and of its webhook deliveries.' }),
    cursor: t.string({
      description: 'Position of the change, to pass as `after` to `changes`.',
      extensions: { reads: { columns: ['position'] } },
      resolve: (change) => (change as unknown as { cursor: string }).cursor,
    }),
    type: t.expose('type', { type: 'ChangeType', description: 'Kind of the change.' }),
    at: t.expose('at', { type: 'DateTime', description: 'Time of the change; for an import, that of the import.' }),
    actor: t.field({
      type: 'User',
      description: 'User who made the change.',
      ...nestedField(userRelation('actorId')),
    }),
    source: t.expose('source', { type: 'ChangeSource', description: 'Origin of the change.' }),
    batch: t.exposeID('batch', {
      nullable: true,
      description: 'Id that all changes of one bulk mutation or import have in common. Null if source is API.',
    }),
    ticketId: t.exposeID('ticketId', { description: 'Id of the ticket, which may have been deleted since.' }),
    key: t.exposeString('key', { description: 'Key of the ticket at the time of the change.' }),
    version: t.exposeInt('version', {
      nullable: true,
      description: 'Version of the ticket after the change. Null for comments and deleted tickets.',
    }),
    ticket: t.field({
      type: 'Ticket',
      nullable: true,
      description: 'The ticket in its current state. Null if it was deleted or you cannot see it.',
      ...nestedField(changeTicket),
    }),
    matches: t.exposeBoolean('matches', {
      description:
        'True if the ticket satisfies the filter now. False if you cannot see it, or if the change or a later one affected a field that the filter reads, so that the ticket may have satisfied it before: remove the ticket from your list if it contains it.',
    }),
    fields: t.expose('fields', {
      type: ['FieldChange'],
      extensions: { size: 2 },
      description: 'Changed fields, as in `HistoryEvent.changes`. Empty for new and deleted tickets, and for comments.',
    }),
    commentId: t.exposeID('commentId', { nullable: true, description: 'Id of the comment. Null for tickets.' }),
    comment: t.field({
      type: 'Comment',
      nullable: true,
      description: 'The comment in its current state. Null if it was deleted or you cannot see it.',
      ...nestedField(changeComment),
    }),
  }),
})

/** Without an argument `first`, as in subscriptions, a batch has the maximum size. */
const batchSizeOf = ({ parent }: FieldCall) => {
  const first = parent?.args['first']
  return typeof first === 'number' ? Math.min(Math.max(first, 0), maxBatchSize) : maxBatchSize
}

export const ChangeBatch = builder.objectRef<ChangeBatchValue>('ChangeBatch').implement({
  description: 'Consecutive changes of the feed that match a selection.',
  fields: (t) => ({
    changes: t.field({
      type: ['Change'],
      extensions: { size: batchSizeOf },
      description: `Changes in the order of their positions, at most ${maxBatchSize}. May be empty before the end of the feed: continue from \`cursor\`.`,
      resolve: ({ changes }) => changes as never,
    }),
    cursor: t.exposeString('cursor', {
      description: 'Position up to which the feed was read, to pass as `after` for the next batch.',
    }),
    caughtUp: t.exposeBoolean('caughtUp', {
      description: 'True if the batch ends with the last change of the feed.',
    }),
  }),
})

export const feedArgs = builder.args((t) => ({
  filter: t.field({
    type: TicketFilterInput,
    description: 'Changes of these tickets. Defaults to all that are not archived.',
  }),
  types: t.field({ type: ['ChangeType'], description: 'Kinds of changes. Defaults to all.' }),
  sources: t.field({ type: ['ChangeSource'], description: 'Origins of changes. Defaults to all.' }),
  after: t.string({
    description:
      'Cursor of a batch or a change, or `changesCursor` of a list. Defaults to the beginning of the stored changes.',
  }),
}))
