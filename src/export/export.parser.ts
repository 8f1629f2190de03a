import { coerceInputValue, type GraphQLInputType, type GraphQLSchema } from 'graphql'
import { BadUserInput, type FieldError } from '../errors.ts'
import { checkVariableLimits } from '../graphql/document-limits.ts'
import type { TicketFilter } from '../ticket/ticket.filter.ts'

export interface ExportParameters {
  readonly project: string | null
  readonly filter: TicketFilter | null
  /** True to begin a CSV file with a byte order mark, without which Excel does not read it as UTF-8. */
  readonly bom: boolean
}

const parameterNames: readonly string[] = ['project', 'filter', 'bom'] satisfies (keyof ExportParameters)[]

/** Throws BAD_USER_INPUT with all errors, or QUERY_TOO_COMPLEX for a filter beyond the limits of variables. */
export function parseParameters(
  parameters: URLSearchParams,
  schema: GraphQLSchema,
  suggestions: boolean,
): ExportParameters {
  const errors: FieldError[] = []
  for (const name of new Set(parameters.keys())) {
    if (!parameterNames.includes(name))
      errors.push({ path: name, message: 'is not a parameter: send `project`, `filter` or `bom`' })
    else if (parameters.getAll(name).length > 1) errors.push({ path: name, message: 'must not be repeated' })
  }
  const filter = coerceInputValue(
    parseJson(parameters.get('filter'), errors),
    schema.getType('TicketFilter') as GraphQLInputType,
    (path, _value, error) => errors.push({ path: ['filter', ...path].join('.'), message: error.message }),
    !suggestions,
  )
  const bom = parameters.get('bom') ?? 'false'
  if (bom !== 'true' && bom !== 'false') errors.push({ path: 'bom', message: 'must be true or false' })
  if (errors.length > 0) throw new BadUserInput(errors)
  return { project: parameters.get('project'), filter: filter as TicketFilter | null, bom: bom === 'true' }
}

function parseJson(text: string | null, errors: FieldError[]): unknown {
  if (text === null) return null
  let filter: unknown
  try {
    filter = JSON.parse(text)
  } catch {
    errors.push({ path: 'filter', message: 'is not valid JSON' })
    return null
  }
  checkVariableLimits(filter, 'The filters')
  return filter
}
