import { builder } from '../builder.ts'
import { checkArgument, ticketReference } from '../check.ts'
import { readConnection } from '../paging/connection.type.ts'
import { ticketListWork } from '../ticket/ticket.cost.ts'
import { readTicketByReference, ticketList } from '../ticket/ticket.loaders.ts'
import { IssueConnection, issueListArgs } from './issue.type.ts'

builder.queryFields((t) => ({
  issue: t.field({
    type: 'Issue',
    nullable: true,
    description: 'An issue, by id or key. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the issue, or key such as "CORE-42".' }) },
    resolve: (_root, { id }, context, info) =>
      readTicketByReference(checkArgument('id', id, ticketReference), { context, info }, 'ISSUE'),
  }),
  issues: t.field({
    type: IssueConnection,
    extensions: { work: ticketListWork },
    description: 'Issues of all projects that you can see. Newest first by default.',
    args: issueListArgs,
    resolve: (_root, args, context, info) =>
      readConnection(ticketList(context, args, { kind: 'ISSUE' }), args, context, info),
  }),
}))
