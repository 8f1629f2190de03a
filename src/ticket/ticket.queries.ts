import { builder } from '../builder.ts'
import { checkArgument, ticketReference } from '../check.ts'
import { readConnection } from '../paging/connection.type.ts'
import { ticketListWork } from './ticket.cost.ts'
import { readTicketByReference, ticketList } from './ticket.loaders.ts'
import { TicketConnection, ticketListArgs } from './ticket-connection.type.ts'

builder.queryFields((t) => ({
  ticket: t.field({
    type: 'Ticket',
    nullable: true,
    description: 'A ticket of either kind, by id or key. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the ticket, or key such as "CORE-42".' }) },
    resolve: (_root, { id }, context, info) =>
      readTicketByReference(checkArgument('id', id, ticketReference), { context, info }),
  }),
  tickets: t.field({
    type: TicketConnection,
    extensions: { work: ticketListWork },
    description: 'Tickets of both kinds, from all projects that you can see. Newest first by default.',
    args: ticketListArgs,
    resolve: (_root, args, context, info) => readConnection(ticketList(context, args), args, context, info),
  }),
}))
