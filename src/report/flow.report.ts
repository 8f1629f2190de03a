import type { Context } from '../context.ts'
import { parseDatabaseError } from '../database/database-error.ts'
import { type Sql, sql } from '../database/sql.ts'
import { type RelativeDateTime, timestampSql } from '../date-time.ts'
import { BadUserInput } from '../errors.ts'
import { reopenings, resolutions, statusChanges } from '../ticket/status-history.sql.ts'
import { type FilterJson, narrowFilter, type ReportScope } from './report.sql.ts'

type ReportInterval = 'DAY' | 'WEEK' | 'MONTH'
type WeekStart = 'MONDAY' | 'SUNDAY' | 'SATURDAY'

export interface FlowPoint {
  readonly from: Date
  readonly to: Date
  readonly opened: number
  readonly resolved: number
  readonly reopened: number
  readonly backlog: number
  readonly filter: FilterJson
  readonly resolvedFilter: FilterJson
  readonly reopenedFilter: FilterJson
  readonly backlogFilter: FilterJson
}

export interface ReopenRate {
  readonly resolved: number
  readonly reopened: number
  readonly rate: number | null
  readonly filter: FilterJson
  readonly reopenedFilter: FilterJson
}

interface Range {
  readonly from: RelativeDateTime
  readonly to?: RelativeDateTime | null | undefined
}

const maxIntervals = 1000
/** Shortest intervals: a day or week in which daylight saving time begins, and February. */
const minHours = { DAY: 23, WEEK: 7 * 24 - 1, MONTH: 28 * 24 - 1 } as const
const millisecondsPerHour = 3_600_000
const invalidParameter = '22023'

async function resolveRange({ db }: Context, { from, to }: Range): Promise<{ from: Date; to: Date }> {
  const [range] = await db.query<[{ from: Date; to: Date }]>(sql`
    SELECT ${timestampSql(from)}::timestamptz(3) AS from, ${to ? timestampSql(to) : sql`now()`}::timestamptz(3) AS to`)
  if (range.from >= range.to) throw new BadUserInput([{ path: 'from', message: 'must be before `to`' }])
  return range
}

interface FlowArguments {
  readonly interval: ReportInterval
  readonly weekStart: WeekStart
  readonly range: Range
}

/** Counts per interval in the time zone of the scope, including empty intervals. */
export async function readFlow(
  context: Context,
  scope: ReportScope,
  { interval, weekStart, range }: FlowArguments,
): Promise<FlowPoint[]> {
  const { from, to } = await resolveRange(context, range)
  if ((to.getTime() - from.getTime()) / millisecondsPerHour / minHours[interval] > maxIntervals) {
    const message = `must be at most ${maxIntervals} intervals before \`to\`: shorten the range or use a longer interval`
    throw new BadUserInput([{ path: 'from', message }])
  }
  const points = await readPoints(context, scope, { interval, weekStart, from, to }).catch((error) => {
    if (parseDatabaseError(error).sqlState !== invalidParameter) throw error
    throw new BadUserInput([{ path: 'timeZone', message: 'is not a time zone known to the database' }])
  })
  return points.map((point) => {
    const timeFilter = { gte: point.from.toISOString(), lt: point.to.toISOString() }
    return {
      ...point,
      filter: narrowFilter(scope, { createdAt: timeFilter }),
      resolvedFilter: narrowFilter(scope, { everResolvedAt: timeFilter }),
      reopenedFilter: narrowFilter(scope, { everReopenedAt: timeFilter }),
      backlogFilter: narrowFilter(scope, { openAt: timeFilter.lt }),
    }
  })
}

type Point = Pick<FlowPoint, 'from' | 'to' | 'opened' | 'resolved' | 'reopened' | 'backlog'>

/** Days from the first day of a week to its Monday. */
const daysToMonday = { MONDAY: 0, SUNDAY: 1, SATURDAY: 2 } as const

function readPoints(
  { db }: Context,
  { timeZone, tickets }: ReportScope,
  {
    interval,
    weekStart,
    from,
    to,
  }: { readonly interval: ReportInterval; readonly weekStart: WeekStart; readonly from: Date; readonly to: Date },
): Promise<Point[]> {
  const unit = interval.toLowerCase()
  const length = sql`${`1 ${unit}`}::interval`
  const shift = sql`${`${interval === 'WEEK' ? daysToMonday[weekStart] : 0} days`}::interval`
  const start = sql`${from}::timestamptz`
  const end = sql`${to}::timestamptz`
  const intervalOf = (time: Sql) => sql`width_bucket(${time}, (SELECT bounds FROM all_bounds))`
  const countPerInterval = (times: Sql) => sql`
    SELECT ${intervalOf(sql`e.at`)} AS position, count(DISTINCT e.ticket_id)::integer AS count FROM ${times} e
    WHERE e.at >= ${start} AND e.at < ${end} GROUP BY 1`
  // The backlog counts a ticket from its creation, if it was open then; each resolution and reopening changes the count.
  return db.query<Point[]>(sql`
    WITH scope_tickets AS MATERIALIZED (SELECT t.id, t.reporter_id, t.created_at, t.status FROM ${tickets} t),
    changes AS MATERIALIZED (SELECT s.*, s.from_status IN ('OPEN', 'IN_PROGRESS') AS was_open, s.to_status IN ('OPEN', 'IN_PROGRESS') AS is_open,
      row_number() OVER (PARTITION BY s.ticket_id ORDER BY s.at, s.version) AS position FROM ${statusChanges(sql`scope_tickets`)} s),
    days AS (
      SELECT day, ${firstMoment(sql`day`, timeZone)} AS at
      FROM generate_series(date_trunc(${unit}, ${start} AT TIME ZONE ${timeZone} + ${shift}) - ${shift} - ${length},
        ${end} AT TIME ZONE ${timeZone} + ${length}, ${length}) AS day),
    intervals AS MATERIALIZED (
      SELECT "from", "to", row_number() OVER (ORDER BY "from")::integer AS position FROM (
        SELECT greatest(at, ${start}) AS "from", least(lead(at) OVER (ORDER BY day), ${end}) AS "to" FROM days) bounded
      WHERE "from" < "to"),
    all_bounds AS MATERIALIZED (SELECT array_agg("from" ORDER BY position) AS bounds FROM intervals),
    steps AS (
      SELECT c.created_at AS at, 1 AS step FROM scope_tickets c LEFT JOIN changes s ON s.ticket_id = c.id AND s.position = 1
      WHERE coalesce(s.was_open, c.status IN ('OPEN', 'IN_PROGRESS'))
      UNION ALL
      SELECT s.at, CASE WHEN s.is_open THEN 1 ELSE -1 END FROM changes s WHERE s.was_open <> s.is_open),
    backlog AS (SELECT ${intervalOf(sql`at`)} AS position, sum(step)::integer AS step FROM steps WHERE at < ${end} GROUP BY 1),
    opened AS (${countPerInterval(sql`(SELECT id AS ticket_id, created_at AS at FROM scope_tickets)`)}),
    resolved AS (${countPerInterval(sql`(SELECT * FROM changes WHERE was_open AND NOT is_open)`)}),
    reopened AS (${countPerInterval(sql`(SELECT * FROM changes WHERE NOT was_open AND is_open)`)})
    SELECT i."from", i."to", coalesce(opened.count, 0) AS opened, coalesce(resolved.count, 0) AS resolved,
      coalesce(reopened.count, 0) AS reopened,
      (coalesce((SELECT step FROM backlog WHERE position = 0), 0) + sum(coalesce(backlog.step, 0)) OVER (ORDER BY i.position))::integer AS backlog
    FROM intervals i LEFT JOIN opened USING (position) LEFT JOIN resolved USING (position) LEFT JOIN reopened USING (position)
    LEFT JOIN backlog USING (position) ORDER BY i.position`)
}

/**
 * The first moment of a day in a time zone: midnight by the offset of the day before, unless clocks were set back since.
 * Where midnight occurs twice, AT TIME ZONE returns the later one, and the first moment after it if midnight is skipped.
 */
function firstMoment(day: Sql, timeZone: string): Sql {
  const later = sql`(${day} AT TIME ZONE ${timeZone})`
  const dayBefore = sql`(${later} - interval '24 hours')`
  const offset = sql`(${dayBefore} AT TIME ZONE ${timeZone} - ${dayBefore} AT TIME ZONE 'UTC')`
  const earlier = sql`((${day} - ${offset}) AT TIME ZONE 'UTC')`
  return sql`CASE WHEN ${earlier} < ${later} AND ${earlier} AT TIME ZONE ${timeZone} >= ${day} THEN ${earlier} ELSE ${later} END`
}

export async function readReopenRate(context: Context, scope: ReportScope, range: Range): Promise<ReopenRate> {
  const { from, to } = await resolveRange(context, range)
  const [{ resolved, reopened }] = await context.db.query<[{ resolved: number; reopened: number }]>(sql`
    WITH scope_tickets AS MATERIALIZED (SELECT t.id, t.reporter_id FROM ${scope.tickets} t)
    SELECT count(*)::integer AS resolved, count(reopening.ticket_id)::integer AS reopened
    FROM (SELECT ticket_id, min(at) AS at FROM ${resolutions(sql`scope_tickets`)} r GROUP BY ticket_id) first_resolution
    LEFT JOIN (SELECT DISTINCT ticket_id FROM ${reopenings(sql`scope_tickets`)} r) reopening USING (ticket_id)
    WHERE first_resolution.at >= ${from}::timestamptz AND first_resolution.at < ${to}::timestamptz`)
  const rangeFilter = { firstResolvedAt: { gte: from.toISOString(), lt: to.toISOString() } }
  return {
    resolved,
    reopened,
    rate: resolved === 0 ? null : reopened / resolved,
    filter: narrowFilter(scope, rangeFilter),
    reopenedFilter: narrowFilter(scope, rangeFilter, { everReopenedAt: { isNull: false } }),
  }
}
