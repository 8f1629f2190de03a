import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { offsetArgs, relatedConnection } from '../paging/connection.type.ts'
import { nestedField } from '../reading/nested.ts'
import { ticketListWork } from '../ticket/ticket.cost.ts'
import { ticketList } from '../ticket/ticket.loaders.ts'
import { ticketConnectionTypes } from '../ticket/ticket-connection.type.ts'
import { IssueFilterInput } from '../ticket/ticket-filter.type.ts'
import { ticketOrderArg } from '../ticket/ticket-order.type.ts'

builder.prismaObject('Ticket', {
  variant: 'Issue',
  interfaces: ['Node', 'Ticket'],
  description: 'A problem with software, or a request to change it.',
})

export const { Connection: IssueConnection, Edge: IssueEdge } = ticketConnectionTypes('Issue', 'issues')

export const issueListArgs = builder.args((t) => ({
  filter: t.field({ type: IssueFilterInput, description: 'Issues to return. Defaults to all that are not archived.' }),
  ...ticketOrderArg,
  ...offsetArgs,
}))

builder.objectField('Project', 'issues', (t) =>
  t.field({
    type: IssueConnection,
    description: 'Issues of the project. Newest first by default.',
    args: issueListArgs,
    ...nestedField(
      relatedConnection(sql`t.project_id`, (context, args) =>
        ticketList(context, args, { kind: 'ISSUE', project: sql`parent.id` }),
      ),
      {
        work: ticketListWork,
      },
    ),
  }),
)
