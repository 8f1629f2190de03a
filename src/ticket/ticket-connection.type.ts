import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionTypes, edgeOf, offsetArgs, relatedConnection } from '../paging/connection.type.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketCounts, ticketListWork } from './ticket.cost.ts'
import { ticketList } from './ticket.loaders.ts'
import { type TicketRow, ticketOrder } from './ticket.sql.ts'
import { TicketFilterInput } from './ticket-filter.type.ts'
import { ticketOrderArg } from './ticket-order.type.ts'

/** `connectionTypes` for tickets of either kind or of one. */
export function ticketConnectionTypes(node: 'Ticket' | 'Issue' | 'Defect', plural: string) {
  const types = connectionTypes<TicketRow>(node, plural, ticketCounts)
  builder.objectField(types.Connection, 'changesCursor', (t) =>
    t.string({
      description:
        'Cursor of the last change that the page contains, to pass as `after` to `changes`: list and changes join without a gap. Read in the statement of the page.',
      resolve: ({ snapshot }) => snapshot as string,
    }),
  )
  return types
}

export const { Connection: TicketConnection } = ticketConnectionTypes('Ticket', 'tickets')

const defaultOrder = ticketOrder(null)

export const newTicketEdge = (ticket: TicketRow) => edgeOf(defaultOrder, ticket, [ticket.createdAt, ticket.id])

export const ticketListArgs = builder.args((t) => ({
  filter: t.field({
    type: TicketFilterInput,
    description: 'Tickets to return. Defaults to all that are not archived.',
  }),
  ...ticketOrderArg,
  ...offsetArgs,
}))

builder.objectField('Project', 'tickets', (t) =>
  t.field({
    type: TicketConnection,
    description: 'Tickets of both kinds in the project. Newest first by default.',
    args: ticketListArgs,
    ...nestedField(
      relatedConnection(sql`t.project_id`, (context, args) => ticketList(context, args, { project: sql`parent.id` })),
      { work: ticketListWork },
    ),
  }),
)
