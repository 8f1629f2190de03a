import { builder } from '../builder.ts'
import type { TicketOrderField } from './ticket.sql.ts'

const fields: Readonly<Record<TicketOrderField, { readonly description: string }>> = {
  CREATED_AT: { description: 'Time of creation.' },
  UPDATED_AT: { description: 'Time of the last change of fields or labels.' },
  RESOLVED_AT: { description: 'Time of resolution; null while OPEN or IN_PROGRESS.' },
  NUMBER: { description: 'Number in the project.' },
  TITLE: { description: 'Title, case-insensitive.' },
  STATUS: { description: 'Workflow status, from OPEN to CLOSED.' },
  PRIORITY: { description: 'Priority, from LOW to URGENT.' },
  SEVERITY: { description: 'Severity, from MINOR to CRITICAL; null for issues.' },
  COMMENTED_AT: { description: 'Time of the last comment that was not deleted; null without comments.' },
  RELEVANCE: {
    description:
      'Relevance to `search`, which the filter must contain. DESC returns the best matches first. Only the newest 1,000 matches are ranked.',
  },
}

const TicketOrderFieldEnum = builder.enumType('TicketOrderField', {
  description: 'Sort key of a list of tickets.',
  values: fields,
})

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Ascending or descending order.',
  values: {
    ASC: { description: 'Ascending: smallest or earliest first.' },
    DESC: { description: 'Descending: largest or latest first.' },
  } as const,
})

const NullsOrder = builder.enumType('NullsOrder', {
  description: 'Position of null values, regardless of the sort direction.',
  values: {
    FIRST: { description: 'Before all items with a value.' },
    LAST: { description: 'After all items with a value.' },
  } as const,
})

const TicketOrderInput = builder.inputType('TicketOrder', {
  description:
    'One key of a sort order. Ties are broken by id in the direction of the last key; ties of STATUS, PRIORITY and SEVERITY as the last key by time of creation, then id.',
  fields: (t) => ({
    field: t.field({
      type: TicketOrderFieldEnum,
      required: true,
      description: 'Field to sort by. Each field can occur once.',
    }),
    direction: t.field({ type: OrderDirection, defaultValue: 'ASC', description: 'Sort direction of this key.' }),
    nulls: t.field({
      type: NullsOrder,
      defaultValue: 'LAST',
      description: 'Position of null values, regardless of the sort direction.',
    }),
  }),
})

export const ticketOrderArg = builder.args((t) => ({
  orderBy: t.field({
    type: [TicketOrderInput],
    description: 'Sort keys: ties in the first key are broken by the second, and so on. Defaults to newest first.',
  }),
}))
