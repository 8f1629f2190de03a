import { ChangeSource } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionTypes, pageArgs, relatedConnection } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketRelation } from '../ticket/ticket.loaders.ts'
import { userRelation } from '../user/user.loaders.ts'
import { type HistoryRow, historyColumns, historyOrder } from './history.sql.ts'

builder.enumType('ChangeSource', {
  description: 'Origin of a change.',
  values: {
    [ChangeSource.API]: { description: 'A mutation of this ticket only.' },
    [ChangeSource.BULK]: {
      description: 'A mutation that changed many tickets, such as `bulkUpdateStatus` or `deleteLabel`.',
    },
    [ChangeSource.IMPORT]: { description: 'A file import, or the undo of one.' },
    [ChangeSource.UNDO]: { description: 'The undo of a bulk change by `undoBatch`.' },
  },
})

builder.objectType('FieldChange', {
  description: 'A change of one field.',
  fields: (t) => ({
    field: t.exposeString('field', {
      description: 'Name of the field in `Issue` or `Defect`, such as "status" or "labels".',
    }),
    from: t.exposeString('from', {
      nullable: true,
      description:
        'Previous value as text: names of users and labels, enum values, times in ISO 8601. Null if there was none.',
    }),
    to: t.exposeString('to', { nullable: true, description: 'New value, in the same format. Null if there is none.' }),
  }),
})

builder.prismaObject('HistoryEvent', {
  interfaces: ['Node'],
  description: 'A change to a ticket, recorded in the transaction that made it.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'Changed ticket.',
      ...nestedField(ticketRelation('ticketId')),
    }),
    actor: t.field({
      type: 'User',
      description: 'User who made the change.',
      ...nestedField(userRelation('actorId')),
    }),
    at: t.expose('at', {
      type: 'DateTime',
      description: 'Time of the change. For a resolution by an import, the time of resolution.',
    }),
    version: t.exposeInt('version', { description: 'Version of the ticket after the change.' }),
    source: t.expose('source', { type: 'ChangeSource', description: 'Origin of the change.' }),
    batch: t.exposeID('batch', {
      nullable: true,
      description: 'Id that all changes of one bulk mutation or import have in common. Null if source is API.',
    }),
    reverted: t.exposeBoolean('reverted', {
      description:
        'True for a change of an import or a bulk mutation that was undone, and for the undo. Reports and filters ignore it.',
    }),
    changes: t.expose('changes', {
      type: ['FieldChange'],
      extensions: { size: 2 },
      description: 'Changed fields with their previous and new values.',
    }),
  }),
})

const { Connection: HistoryEventConnection } = connectionTypes<HistoryRow>('HistoryEvent', 'changes')

const historyList: List<HistoryRow> = {
  columns: historyColumns,
  from: sql`history h`,
  where: sql`TRUE`,
  order: historyOrder,
}

builder.interfaceField('Ticket', 'history', (t) =>
  t.field({
    type: HistoryEventConnection,
    description: 'Changes since creation, newest first.',
    args: pageArgs,
    ...nestedField(relatedConnection(sql`h.ticket_id`, () => historyList)),
  }),
)
