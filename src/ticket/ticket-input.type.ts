import type { InputFieldBuilder } from '@pothos/core'
import type { builder } from '../builder.ts'

type Fields = InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>

export const newTicketFields = (t: Fields) => ({
  projectId: t.id({ required: true, description: 'Id or key of the project.' }),
  description: t.string({ description: 'Full description in Markdown, at most 64 KiB.' }),
  priority: t.field({ type: 'Priority', defaultValue: 'MEDIUM', description: 'Urgency.' }),
  assigneeId: t.id({ description: 'Id or username of the assignee. Requires CONTRIBUTOR in the project.' }),
  labelIds: t.idList({
    description: 'Ids or names of labels of the project, at most 50. Requires CONTRIBUTOR in the project.',
  }),
})

export const ticketPatchFields = (t: Fields) => ({
  id: t.id({ required: true, description: 'Id or key of the ticket.' }),
  expectedVersion: t.int({
    description:
      'Version that the changes are based on. Fails with CONFLICT if one of the same fields was changed since then, even to the same value. Concurrent changes of other fields are kept. Passing the current values creates no version.',
  }),
  title: t.string({ description: 'One-line summary, at most 255 characters.' }),
  description: t.string({ description: 'Full description in Markdown, at most 64 KiB; null clears it.' }),
  status: t.field({ type: 'TicketStatus', description: 'New workflow status.' }),
  resolution: t.field({
    type: 'Resolution',
    description: 'Outcome, only with status RESOLVED or CLOSED. Defaults to the current resolution, or FIXED.',
  }),
  priority: t.field({ type: 'Priority', description: 'New urgency.' }),
  assigneeId: t.id({
    description: 'Id or username of the assignee; null unassigns. Requires CONTRIBUTOR in the project.',
  }),
})
