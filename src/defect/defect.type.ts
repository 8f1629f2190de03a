import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { offsetArgs, relatedConnection } from '../paging/connection.type.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketListWork } from '../ticket/ticket.cost.ts'
import { ticketList } from '../ticket/ticket.loaders.ts'
import type { TicketRow } from '../ticket/ticket.sql.ts'
import { ticketConnectionTypes } from '../ticket/ticket-connection.type.ts'
import { DefectFilterInput } from '../ticket/ticket-filter.type.ts'
import { ticketOrderArg } from '../ticket/ticket-order.type.ts'

/** These columns are not null for defects: a constraint of the database. */
const requiredValue = <Name extends 'category' | 'reportedBy' | 'severity'>(defect: TicketRow, name: Name) =>
  defect[name] as NonNullable<TicketRow[Name]>

builder.prismaObject('Ticket', {
  variant: 'Defect',
  interfaces: ['Node', 'Ticket'],
  description: 'A nonconformity found in production.',
  fields: (t) => ({
    category: t.string({
      description:
        'Category of the defect, such as "Solder". Uses the spelling that first occurred in the project; compared case-insensitively.',
      resolve: (defect) => requiredValue(defect, 'category'),
    }),
    subcategory: t.exposeString('subcategory', {
      nullable: true,
      description:
        'Subdivision of the category. Uses the spelling that first occurred in the project. Null if not set.',
    }),
    absn: t.exposeString('absn', {
      nullable: true,
      description: 'Serial number of the affected unit. Compared case-insensitively. Null if not set.',
    }),
    reportedBy: t.string({
      description:
        'Person or station that found the defect, as free text. Defaults to the name of the user who creates or imports the defect.',
      resolve: (defect) => requiredValue(defect, 'reportedBy'),
    }),
    severity: t.field({
      type: 'Severity',
      description: 'Impact of the defect. Defaults to MAJOR.',
      resolve: (defect) => requiredValue(defect, 'severity'),
    }),
    disposition: t.expose('disposition', {
      type: 'Disposition',
      nullable: true,
      description: 'Decision about the affected unit. Null if not set.',
    }),
  }),
})

export const { Connection: DefectConnection, Edge: DefectEdge } = ticketConnectionTypes('Defect', 'defects')

export const defectListArgs = builder.args((t) => ({
  filter: t.field({
    type: DefectFilterInput,
    description: 'Defects to return. Defaults to all that are not archived.',
  }),
  ...ticketOrderArg,
  ...offsetArgs,
}))

builder.objectField('Project', 'defects', (t) =>
  t.field({
    type: DefectConnection,
    description: 'Defects of the project. Newest first by default.',
    args: defectListArgs,
    ...nestedField(
      relatedConnection(sql`t.project_id`, (context, args) =>
        ticketList(context, args, { kind: 'DEFECT', project: sql`parent.id` }),
      ),
      {
        work: ticketListWork,
      },
    ),
  }),
)
