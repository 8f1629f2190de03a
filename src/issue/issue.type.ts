import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionType, offsetArgs, relatedConnection } from '../paging/connection.type.ts'
import { nestedField } from '../reading/nested.ts'
import { projectTicketListCost, ticketCountCost } from '../ticket/ticket.cost.ts'
import { ticketList } from '../ticket/ticket.loaders.ts'
import type { TicketRow } from '../ticket/ticket.sql.ts'
import { IssueFilterInput } from '../ticket/ticket-filter.type.ts'
import { ticketOrderArg } from '../ticket/ticket-order.type.ts'

builder.objectType('Issue', { interfaces: ['Node', 'Ticket'], description: 'An issue with software.' })

export const IssueConnection = connectionType<TicketRow>('Issue', 'issues', ticketCountCost)

/** The arguments of a list of issues. */
export const issueListArgs = builder.args((t) => ({
  filter: t.field({ type: IssueFilterInput, description: 'Only these; all that are not archived when left out.' }),
  ...ticketOrderArg,
  ...offsetArgs,
}))

builder.objectField('Project', 'issues', (t) =>
  t.field({
    type: IssueConnection,
    description: 'Its issues.',
    args: issueListArgs,
    ...nestedField(
      relatedConnection(sql`t.project_id`, (context, args) => ticketList(context, args, 'ISSUE')),
      {
        cost: projectTicketListCost,
      },
    ),
  }),
)
