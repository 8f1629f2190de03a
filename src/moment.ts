import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { DateTimeResolver } from 'graphql-scalars'
import { type Sql, sql } from './database/sql.ts'
import { formatNumber } from './errors.ts'

/** A moment in a filter: fixed, or counted from the time at which the statement runs. */
export type Moment = Date | { readonly duration: string; readonly past: boolean }

// ISO 8601 durations; so many digits a part keep any sum within what PostgreSQL can count, back to 4713 BC.
const durationPattern =
  /^(-?)(P(?=\d|T\d)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,7}H)?(?:\d{1,8}M)?(?:\d{1,9}S)?)?)$/
const maxYears = 1000

/** A moment as SQL. */
export function momentSql(moment: Moment): Sql {
  if (moment instanceof Date) return sql`${moment}::timestamptz`
  const duration = sql`${moment.duration}::text::interval`
  return moment.past ? sql`(now() - ${duration})` : sql`(now() + ${duration})`
}

/** A DateTime of the years 1 to 9999 in UTC: what is stored can be told again in four digits. */
function parseMoment(value: unknown): Date {
  const moment = DateTimeResolver.parseValue(value) as Date
  const year = moment.getUTCFullYear()
  if (year < 1 || year > 9999) throw new GraphQLError('DateTime must be in the years 1 to 9999.')
  return moment
}

/** The scalar DateTime, within those years. */
export const StorableDateTimeResolver = new GraphQLScalarType<Date, string>({
  ...DateTimeResolver.toConfig(),
  // As text: JSON.stringify takes five times as long for results that contain Dates.
  serialize: (value) => (value instanceof Date ? value : (DateTimeResolver.serialize(value) as Date)).toISOString(),
  parseValue: parseMoment,
  parseLiteral: (node, variables) => parseMoment(DateTimeResolver.parseLiteral(node, variables)),
})

function parse(value: unknown): Moment {
  const match = typeof value === 'string' ? durationPattern.exec(value) : null
  if (!match) return parseMoment(value)
  const years = Number(/(\d+)Y/.exec(value as string)?.[1] ?? 0)
  if (years > maxYears)
    throw new GraphQLError(
      `RelativeDateTime must be a duration of at most ${formatNumber(maxYears)} years (got ${formatNumber(years)}).`,
    )
  return { duration: match[2] as string, past: match[1] === '-' }
}

/** The scalar RelativeDateTime: a DateTime, or an ISO 8601 duration counted from now. */
export const RelativeDateTimeResolver = new GraphQLScalarType<Moment, string>({
  name: 'RelativeDateTime',
  parseValue: parse,
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw new GraphQLError('RelativeDateTime must be a string.', { nodes: node })
    return parse(node.value)
  },
  serialize: () => {
    throw new GraphQLError('RelativeDateTime is an input type.')
  },
})
