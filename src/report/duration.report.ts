import type { Context } from '../context.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import { firstResponse } from '../ticket/status-history.sql.ts'
import { groupingOf, ofGroup, type ReportGroup } from './group.sql.ts'
import { type FilterJson, narrowFilter, type ReportScope } from './report.sql.ts'

/** Statistics of durations in seconds. All but the count are null if there are no tickets. */
export interface DurationStatistics {
  readonly group: string | null
  readonly count: number
  readonly mean: number | null
  readonly p50: number | null
  readonly p75: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly max: number | null
  readonly filter: FilterJson
}

/** The end of the duration, which starts when the ticket `t` is created; joined tables; measured tickets. */
interface Measure {
  readonly until: Sql
  readonly join: Sql
  readonly where: Sql
  readonly filter: FilterJson
}

/** Measures from creation to the last resolution, for tickets that are resolved now. */
export const readResolutionTime = (context: Context, scope: ReportScope, group: ReportGroup | null) =>
  readDurations(context, scope, group, {
    until: sql`t.resolved_at`,
    join: empty,
    where: sql`t.resolved_at IS NOT NULL`,
    filter: { status: { in: ['RESOLVED', 'CLOSED'] } },
  })

/** Measures from creation to the first response by another user than the reporter, for tickets with one. */
export const readFirstResponseTime = (context: Context, scope: ReportScope, group: ReportGroup | null) =>
  readDurations(context, scope, group, {
    until: sql`response.at`,
    // OFFSET 0 prevents that the subquery is evaluated once per reference.
    join: sql`CROSS JOIN LATERAL (SELECT ${firstResponse} AS at OFFSET 0) response`,
    where: sql`response.at IS NOT NULL`,
    filter: { firstResponseAt: { isNull: false } },
  })

/** Percentiles are continuous, with linear interpolation: `percentile_cont` (SQL:2003; type 7 of Hyndman and Fan, 1996). */
async function readDurations(
  { db }: Context,
  scope: ReportScope,
  group: ReportGroup | null,
  measure: Measure,
): Promise<DurationStatistics[]> {
  const grouping = groupingOf(group)
  const percentile = (share: number) => sql`percentile_cont(${share}::float8) WITHIN GROUP (ORDER BY seconds)`
  const rows = await db.query<Omit<DurationStatistics, 'filter'>[]>(sql`
    SELECT min(name) AS group, count(*)::integer AS count, avg(seconds) AS mean, ${percentile(0.5)} AS p50,
      ${percentile(0.75)} AS p75, ${percentile(0.9)} AS p90, ${percentile(0.95)} AS p95, max(seconds) AS max
    FROM (SELECT ${grouping.name} AS name, extract(epoch FROM ${measure.until} - t.created_at)::float8 AS seconds
      FROM ${scope.tickets} t ${measure.join} ${grouping.join} WHERE ${measure.where}) measured
    ${group ? sql`GROUP BY lower(name) ORDER BY count DESC, lower(name) COLLATE "C"` : empty}`)
  return rows.map((row) => ({ ...row, filter: narrowFilter(scope, measure.filter, ofGroup(grouping, row.group)) }))
}
