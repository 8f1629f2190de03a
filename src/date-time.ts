import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { DateTimeResolver } from 'graphql-scalars'
import { type Sql, sql } from './database/sql.ts'
import { formatNumber } from './errors.ts'

/** A fixed time, or a duration relative to the time of the statement. */
export type RelativeDateTime = Date | { readonly duration: string; readonly past: boolean }

// ISO 8601. The numbers of digits keep any sum within the range of timestamptz, which begins in 4713 BC.
const durationPattern =
  /^(-?)(P(?=\d|T\d)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,7}H)?(?:\d{1,8}M)?(?:\d{1,9}S)?)?)$/
const maxYears = 1000

export function timestampSql(time: RelativeDateTime): Sql {
  if (time instanceof Date) return sql`${time}::timestamptz`
  const duration = sql`${time.duration}::text::interval`
  return time.past ? sql`(now() - ${duration})` : sql`(now() + ${duration})`
}

/** Rejects years that ISO 8601 cannot represent in four digits. */
function parseDateTime(value: unknown): Date {
  const time = DateTimeResolver.parseValue(value) as Date
  const year = time.getUTCFullYear()
  if (year < 1 || year > 9999) throw new GraphQLError(`DateTime must be in the years 1 to 9999 (got ${year}).`)
  return time
}

export const DateTimeScalar = new GraphQLScalarType<Date | string, string>({
  ...DateTimeResolver.toConfig(),
  // JSON.stringify takes five times as long for results that contain Dates.
  serialize: (value) => (typeof value === 'string' ? value : (DateTimeResolver.serialize(value) as Date).toISOString()),
  parseValue: parseDateTime,
  parseLiteral: (node, variables) => parseDateTime(DateTimeResolver.parseLiteral(node, variables)),
})

function parseRelativeDateTime(value: unknown): RelativeDateTime {
  const match = typeof value === 'string' ? durationPattern.exec(value) : null
  if (!match) return parseDateTime(value)
  const years = Number(/(\d+)Y/.exec(value as string)?.[1] ?? 0)
  if (years > maxYears)
    throw new GraphQLError(
      `RelativeDateTime must be a duration of at most ${formatNumber(maxYears)} years (got ${formatNumber(years)}).`,
    )
  return { duration: match[2] as string, past: match[1] === '-' }
}

export const RelativeDateTimeScalar = new GraphQLScalarType<RelativeDateTime, string>({
  name: 'RelativeDateTime',
  parseValue: parseRelativeDateTime,
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw new GraphQLError('RelativeDateTime must be a string.', { nodes: node })
    return parseRelativeDateTime(node.value)
  },
  serialize: () => {
    throw new GraphQLError('RelativeDateTime is an input type.')
  },
})
