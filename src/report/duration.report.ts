import type { Context } from '../context.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import { firstResponse } from '../ticket/status-history.sql.ts'
import { groupingOf, ofGroup, type ReportGroup } from './group.sql.ts'
import { type FilterJson, narrowed, type ReportScope } from './report.sql.ts'

/** How long something took, in seconds; all but the count are null where there is nothing. */
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

/** What is measured: until when, from which tables beside tickets `t`, and of which tickets. */
interface Measure {
  readonly until: Sql
  readonly join: Sql
  readonly where: Sql
  readonly filter: FilterJson
}

/** From the filing to the last resolution, of tickets that are resolved now. */
export const readResolutionTime = (context: Context, scope: ReportScope, group: ReportGroup | null) =>
  readDurations(context, scope, group, {
    until: sql`t.resolved_at`,
    join: empty,
    where: sql`t.resolved_at IS NOT NULL`,
    filter: { status: { in: ['RESOLVED', 'CLOSED'] } },
  })

/** From the filing to the first response by another than the reporter, of tickets that got one. */
export const readFirstResponseTime = (context: Context, scope: ReportScope, group: ReportGroup | null) =>
  readDurations(context, scope, group, {
    until: sql`response.at`,
    // OFFSET 0 has it found once for each ticket, not once for each place that asks for it.
    join: sql`CROSS JOIN LATERAL (SELECT ${firstResponse} AS at OFFSET 0) response`,
    where: sql`response.at IS NOT NULL`,
    filter: { firstResponseAt: { isNull: false } },
  })

/** Percentiles are continuous, between neighbours linear: `percentile_cont` (SQL:2003; Hyndman and Fan's type 7). */
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
  return rows.map((row) => ({ ...row, filter: narrowed(scope, measure.filter, ofGroup(grouping, row.group)) }))
}
