import { coerceInputValue, type GraphQLInputType, type GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { nameText, notNull, text } from '../check.ts'
import type { DatabaseSize } from '../database/size.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { findUrlError, type PermittedHost } from '../outbound/targets.ts'
import { type TicketFilter, ticketCondition } from '../ticket/ticket.filter.ts'
import type { Viewer } from '../viewer.ts'
import { parseWebhookQuery } from './webhook-query.rules.ts'

/** Per project, and for all projects. */
export const maxWebhooks = 20
const maxQueryLength = 15_000

const nonEmptySet = z
  .array(z.string(), 'must not be null')
  .min(1, 'must not be empty')
  .transform((values) => [...new Set(values)])

export const webhookRules = {
  name: nameText(100),
  url: text(2048),
  types: nonEmptySet,
  sources: nonEmptySet,
  query: text(maxQueryLength),
  sendLeaves: notNull,
  enabled: notNull,
}

interface Checked {
  readonly url?: string | undefined
  readonly filter?: unknown
  readonly query?: string | undefined
}

interface CheckOptions {
  readonly schema: GraphQLSchema
  readonly viewer: Viewer
  readonly permittedHosts: readonly PermittedHost[]
  readonly size: DatabaseSize
}

/** Errors of fields that are present and satisfy `webhookRules`. */
export function findWebhookErrors({ url, filter, query }: Checked, options: CheckOptions): FieldError[] {
  const urlError = url === undefined ? null : findUrlError(url, options.permittedHosts)
  const queryErrors = query === undefined ? [] : parseWebhookQuery(query, options.schema, options.size).errors
  return [
    ...(urlError ? [{ path: 'url', message: urlError }] : []),
    ...(filter == null ? [] : findFilterErrors(filter, options)),
    ...queryErrors.map((message) => ({ path: 'query', message })),
  ]
}

/** Null if the filter does not match the type TicketFilter. */
export function coerceFilter(
  filter: unknown,
  schema: GraphQLSchema,
  onError: (error: FieldError) => void = () => {},
): TicketFilter | null {
  let isValid = true
  const value = coerceInputValue(filter, schema.getType('TicketFilter') as GraphQLInputType, (path, _value, error) => {
    isValid = false
    onError({ path: ['filter', ...path].join('.'), message: `is invalid: ${error.message}` })
  })
  return isValid ? (value as TicketFilter) : null
}

function findFilterErrors(filter: unknown, { schema, viewer }: CheckOptions): FieldError[] {
  const errors: FieldError[] = []
  const coercedFilter = coerceFilter(filter, schema, (error) => errors.push(error))
  if (!coercedFilter) return errors
  try {
    ticketCondition(coercedFilter, viewer)
    return []
  } catch (error) {
    if (error instanceof BadUserInput) return error.extensions['fieldErrors'] as FieldError[]
    throw error
  }
}
