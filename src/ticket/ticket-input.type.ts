import type { InputFieldBuilder } from '@pothos/core'
import type { builder } from '../builder.ts'

type Fields = InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>

/** What every ticket can be filed with. */
export const newTicketFields = (t: Fields) => ({
  projectId: t.id({ required: true, description: 'The id or the key of the project.' }),
  description: t.string({ description: 'What there is to know, in Markdown: at most 64 KiB.' }),
  priority: t.field({ type: 'Priority', defaultValue: 'MEDIUM', description: 'How urgent it is.' }),
  assigneeId: t.id({ description: 'Who is to work on it, by id or username. For CONTRIBUTORs.' }),
  labelIds: t.idList({ description: 'Its labels: at most 50. For CONTRIBUTORs.' }),
})

/** What can be patched on every ticket. */
export const ticketPatchFields = (t: Fields) => ({
  id: t.id({ required: true, description: 'The id or the key.' }),
  expectedVersion: t.int({
    description:
      'The version that you saw. When others have changed the same fields since: CONFLICT; what they changed elsewhere stays.',
  }),
  title: t.string({ description: 'What it is about, in a line.' }),
  description: t.string({ description: 'What there is to know, in Markdown; null clears it.' }),
  status: t.field({ type: 'TicketStatus', description: 'Where it stands from now on.' }),
  resolution: t.field({
    type: 'Resolution',
    description: 'Why it is RESOLVED or CLOSED; FIXED when neither it nor the ticket says.',
  }),
  priority: t.field({ type: 'Priority', description: 'How urgent it is.' }),
  assigneeId: t.id({
    description: 'Who works on it from now on, by id or username; null for nobody. For CONTRIBUTORs.',
  }),
})
