import { builder } from '../builder.ts'
import { checkArgument, ticketReference } from '../check.ts'
import { offsetArgs, readConnection } from '../paging/connection.type.ts'
import { ticketListCost } from './ticket.cost.ts'
import { readTicketNamed, ticketList } from './ticket.loaders.ts'
import { TicketConnection } from './ticket-connection.type.ts'
import { TicketFilterInput } from './ticket-filter.type.ts'
import { ticketOrderArg } from './ticket-order.type.ts'

builder.queryFields((t) => ({
  ticket: t.field({
    type: 'Ticket',
    nullable: true,
    description: 'One ticket of either kind; null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id, or the key such as "CORE-42".' }) },
    resolve: (_root, { id }, context, info) =>
      readTicketNamed(checkArgument('id', id, ticketReference), { context, info }),
  }),
  tickets: t.field({
    type: TicketConnection,
    extensions: { cost: ticketListCost },
    description: 'The tickets of both kinds that you may see.',
    args: {
      filter: t.arg({ type: TicketFilterInput, description: 'Only these; all that are not archived when left out.' }),
      ...ticketOrderArg,
      ...offsetArgs,
    },
    resolve: (_root, args, context, info) => readConnection(ticketList(context, args), args, context, info),
  }),
}))
