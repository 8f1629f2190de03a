import { builder } from '../builder.ts'
import { checkArgument, ticketReference } from '../check.ts'
import { readConnection } from '../paging/connection.type.ts'
import { ticketListWork } from '../ticket/ticket.cost.ts'
import { readTicketByReference, ticketList } from '../ticket/ticket.loaders.ts'
import { DefectConnection, defectListArgs } from './defect.type.ts'

builder.queryFields((t) => ({
  defect: t.field({
    type: 'Defect',
    nullable: true,
    description: 'A defect, by id or key. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the defect, or key such as "CORE-42".' }) },
    resolve: (_root, { id }, context, info) =>
      readTicketByReference(checkArgument('id', id, ticketReference), { context, info }, 'DEFECT'),
  }),
  defects: t.field({
    type: DefectConnection,
    extensions: { work: ticketListWork },
    description: 'Defects of all projects that you can see. Newest first by default.',
    args: defectListArgs,
    resolve: (_root, args, context, info) =>
      readConnection(ticketList(context, args, { kind: 'DEFECT' }), args, context, info),
  }),
}))
