import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { DateTimeResolver } from 'graphql-scalars'
import { type Sql, sql } from './database/sql.ts'
import { formatNumber } from './errors.ts'

/** A fixed time, or a duration relative to the time of the statement. */
export type Moment = Date | { readonly duration: string; readonly past: boolean }

// ISO 8601. The numbers of digits keep any sum within the range of timestamptz, which begins in 4713 BC.
const durationPattern =
  /^(-?)(P(?=\d|T\d)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,7}H)?(?:\d{1,8}M)?(?:\d{1,9}S)?)?)$/
const maxYears = 1000

export function momentSql(moment: Moment): Sql {
  if (moment instanceof Date) return sql`${moment}::timestamptz`
  const duration = sql`${moment.duration}::text::interval`
  return moment.past ? sql`(now() - ${duration})` : sql`(now() + ${duration})`
}

/** Accepts only years that the output can show in four digits. */
function parseMoment(value: unknown): Date {
  const moment = DateTimeResolver.parseValue(value) as Date
  const year = moment.getUTCFullYear()
  if (year < 1 || year > 9999) throw new GraphQLError('DateTime must be in the years 1 to 9999.')
  return moment
}

export const StorableDateTimeResolver = new GraphQLScalarType<Date, string>({
  ...DateTimeResolver.toConfig(),
  // JSON.stringify takes five times as long for results that contain Dates.
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
