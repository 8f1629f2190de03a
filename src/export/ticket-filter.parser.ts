import { coerceInputValue, type GraphQLInputType, type GraphQLSchema } from 'graphql'
import { BadUserInput, type FieldError } from '../errors.ts'
import type { TicketFilter } from '../ticket/ticket.filter.ts'

export function parseFilter(schema: GraphQLSchema, text: string | null): TicketFilter | null {
  if (text === null) return null
  const errors: FieldError[] = []
  const filter = coerceInputValue(
    parseJson(text),
    schema.getType('TicketFilter') as GraphQLInputType,
    (path, _value, error) => errors.push({ path: ['filter', ...path].join('.'), message: error.message }),
  )
  if (errors.length > 0) throw new BadUserInput(errors)
  return filter as TicketFilter
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadUserInput([{ path: 'filter', message: 'is not valid JSON' }])
  }
}
