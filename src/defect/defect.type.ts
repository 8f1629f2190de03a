import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionType, offsetArgs, relatedConnection } from '../paging/connection.type.ts'
import { nestedField } from '../reading/nested.ts'
import { projectTicketListCost, ticketCountCost } from '../ticket/ticket.cost.ts'
import { ticketList } from '../ticket/ticket.loaders.ts'
import type { TicketRow } from '../ticket/ticket.sql.ts'
import { DefectFilterInput } from '../ticket/ticket-filter.type.ts'
import { ticketOrderArg } from '../ticket/ticket-order.type.ts'

/** A defect's own columns have values, by the database's word; this says it to the compiler. */
const own = <Name extends 'category' | 'reportedBy' | 'severity'>(defect: TicketRow, name: Name) =>
  defect[name] as NonNullable<TicketRow[Name]>

builder.objectType('Defect', {
  interfaces: ['Node', 'Ticket'],
  description: 'A defect found in production.',
  fields: (t) => ({
    category: t.string({
      description: 'What kind of defect, spelled as its project first spelled it, so that counts never split on case.',
      resolve: (defect) => own(defect, 'category'),
    }),
    subcategory: t.exposeString('subcategory', { nullable: true, description: 'The finer kind, spelled alike.' }),
    absn: t.exposeString('absn', {
      nullable: true,
      description: 'The serial number of the affected unit. Compared without case.',
    }),
    reportedBy: t.string({
      description:
        "Who found it: a person or a station, in free words. The reporter's name when nothing else was said.",
      resolve: (defect) => own(defect, 'reportedBy'),
    }),
    severity: t.field({
      type: 'Severity',
      description: 'How bad it is.',
      resolve: (defect) => own(defect, 'severity'),
    }),
    disposition: t.expose('disposition', {
      type: 'Disposition',
      nullable: true,
      description: 'What was decided about the affected unit; null while nothing was.',
    }),
  }),
})

export const DefectConnection = connectionType<TicketRow>('Defect', 'defects', ticketCountCost)

/** The arguments of a list of defects. */
export const defectListArgs = builder.args((t) => ({
  filter: t.field({ type: DefectFilterInput, description: 'Only these; all that are not archived when left out.' }),
  ...ticketOrderArg,
  ...offsetArgs,
}))

builder.objectField('Project', 'defects', (t) =>
  t.field({
    type: DefectConnection,
    description: 'Its defects.',
    args: defectListArgs,
    ...nestedField(
      relatedConnection(sql`t.project_id`, (context, args) => ticketList(context, args, 'DEFECT')),
      {
        cost: projectTicketListCost,
      },
    ),
  }),
)
