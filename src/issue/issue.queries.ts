import { builder } from '../builder.ts'
import { checkArgument, ticketReference } from '../check.ts'
import { readConnection } from '../paging/connection.type.ts'
import { ticketListCost } from '../ticket/ticket.cost.ts'
import { readTicketNamed, ticketList } from '../ticket/ticket.loaders.ts'
import { IssueConnection, issueListArgs } from './issue.type.ts'

builder.queryFields((t) => ({
  issue: t.field({
    type: 'Issue',
    nullable: true,
    description: 'One issue; null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id, or the key such as "CORE-42".' }) },
    resolve: (_root, { id }, context, info) =>
      readTicketNamed(checkArgument('id', id, ticketReference), { context, info }, 'ISSUE'),
  }),
  issues: t.field({
    type: IssueConnection,
    extensions: { cost: ticketListCost },
    description: 'The issues that you may see.',
    args: issueListArgs,
    resolve: (_root, args, context, info) => readConnection(ticketList(context, args, 'ISSUE'), args, context, info),
  }),
}))
