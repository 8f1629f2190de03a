import { builder } from '../builder.ts'
import { checkArgument, ticketReference } from '../check.ts'
import { readConnection } from '../paging/connection.type.ts'
import { ticketListCost } from '../ticket/ticket.cost.ts'
import { readTicketNamed, ticketList } from '../ticket/ticket.loaders.ts'
import { DefectConnection, defectListArgs } from './defect.type.ts'

builder.queryFields((t) => ({
  defect: t.field({
    type: 'Defect',
    nullable: true,
    description: 'One defect; null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id, or the key such as "CORE-42".' }) },
    resolve: (_root, { id }, context, info) =>
      readTicketNamed(checkArgument('id', id, ticketReference), { context, info }, 'DEFECT'),
  }),
  defects: t.field({
    type: DefectConnection,
    extensions: { cost: ticketListCost },
    description: 'The defects that you may see.',
    args: defectListArgs,
    resolve: (_root, args, context, info) => readConnection(ticketList(context, args, 'DEFECT'), args, context, info),
  }),
}))
