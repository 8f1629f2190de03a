import { builder } from '../builder.ts'
import type { TicketOrderField } from './ticket.sql.ts'

const fields: Readonly<Record<TicketOrderField, { readonly description: string }>> = {
  CREATED_AT: { description: 'When it was filed.' },
  UPDATED_AT: { description: 'When it last changed.' },
  RESOLVED_AT: { description: 'When it was last resolved; open tickets have none.' },
  NUMBER: { description: 'Its number in its project.' },
  TITLE: { description: 'Its title, without case.' },
  STATUS: { description: 'Where it stands, from OPEN to CLOSED.' },
  PRIORITY: { description: 'How urgent it is, from LOW to URGENT.' },
  SEVERITY: { description: 'How bad it is, from MINOR to CRITICAL; issues have none.' },
  RELEVANCE: {
    description:
      'How well it fits what the filter searches for: DESC has the best first, of the newest 10,000 that it finds. Needs `search`.',
  },
}

const TicketOrderFieldEnum = builder.enumType('TicketOrderField', {
  description: 'What tickets are sorted by.',
  values: fields,
})

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end comes first.',
  values: {
    ASC: { description: 'The smallest, the earliest.' },
    DESC: { description: 'The largest, the latest.' },
  } as const,
})

const NullsOrder = builder.enumType('NullsOrder', {
  description: 'Where rows stand that have no value to sort by.',
  values: { FIRST: { description: 'Before all others.' }, LAST: { description: 'After all others.' } } as const,
})

const TicketOrderInput = builder.inputType('TicketOrder', {
  description: 'One part of an order. Ties of the last part go by the id, so that every ticket has one place.',
  fields: (t) => ({
    field: t.field({ type: TicketOrderFieldEnum, required: true, description: 'What to sort by.' }),
    direction: t.field({ type: OrderDirection, defaultValue: 'ASC', description: 'Which end comes first.' }),
    nulls: t.field({
      type: NullsOrder,
      defaultValue: 'LAST',
      description: 'Where tickets stand that have no such value.',
    }),
  }),
})

/** The argument by which lists of tickets are sorted. */
export const ticketOrderArg = builder.args((t) => ({
  orderBy: t.field({
    type: [TicketOrderInput],
    description: 'Sorted by the first part, ties by the next, and so on; newest first when left out.',
  }),
}))
