import { ChangeSource } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionType, pageArgs, relatedConnection } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketRelation } from '../ticket/ticket.loaders.ts'
import type { FieldChange } from '../ticket/ticket-change.sql.ts'
import { userRelation } from '../user/user.loaders.ts'
import { type HistoryRow, historyColumns, historyOrder } from './history.sql.ts'

builder.enumType('ChangeSource', {
  description: 'How a change came about.',
  values: {
    [ChangeSource.API]: { description: 'A change of this ticket alone.' },
    [ChangeSource.BULK]: { description: 'One change of many tickets.' },
    [ChangeSource.IMPORT]: { description: 'An import of a file.' },
  },
})

const FieldChangeType = builder.objectRef<FieldChange>('FieldChange').implement({
  description: 'What became of one field.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The name of the field, as in Ticket.' }),
    from: t.exposeString('from', {
      nullable: true,
      description:
        'What it was: names of people and labels, words of enums, times in ISO 8601. Null where there was nothing.',
    }),
    to: t.exposeString('to', { nullable: true, description: 'What it became, told alike.' }),
  }),
})

builder.objectType('HistoryEvent', {
  interfaces: ['Node'],
  description: 'One change of a ticket, written together with it and never changed afterwards.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'What was changed.',
      ...nestedField(ticketRelation('ticketId')),
    }),
    actor: t.field({
      type: 'User',
      description: 'Who changed it.',
      ...nestedField(userRelation('actorId')),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    version: t.exposeInt('version', { description: 'The version of the ticket that this change made.' }),
    source: t.expose('source', { type: 'ChangeSource', description: 'How it came about.' }),
    batch: t.exposeID('batch', {
      nullable: true,
      description: 'The same for all tickets that one bulk change or import changed.',
    }),
    changes: t.expose('changes', {
      type: [FieldChangeType],
      extensions: { size: 2 },
      description: 'What became of each field that changed.',
    }),
  }),
})

const HistoryEventConnection = connectionType<HistoryRow>('HistoryEvent', 'changes')

const historyList: List<HistoryRow> = {
  columns: historyColumns,
  from: sql`history h`,
  where: sql`TRUE`,
  order: historyOrder,
}

builder.interfaceField('Ticket', 'history', (t) =>
  t.field({
    type: HistoryEventConnection,
    description: 'What has changed since it was filed, newest first.',
    args: pageArgs,
    ...nestedField(relatedConnection(sql`h.ticket_id`, () => historyList)),
  }),
)
