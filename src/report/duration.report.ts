import type { Context } from '../context.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import { firstResponse } from '../ticket/status-history.sql.ts'
import { groupFilter, groupingOf, type ReportGroup } from './group.sql.ts'
import { type FilterJson, narrowFilter, type ReportScope } from './report.sql.ts'

/** In seconds. All except `count` are null without tickets. */
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

/** `until` is the end of a duration that starts with the creation of ticket `t`. */
interface Measure {
  readonly until: Sql
  readonly join: Sql
  readonly where: Sql
  readonly filter: FilterJson
}

export const readResolutionTime = (context: Context, scope: ReportScope, group: ReportGroup | null) =>
  readDurations(context, scope, group, {
    until: sql`t.resolved_at`,
    join: empty,
    where: sql`t.resolved_at IS NOT NULL`,
    filter: { status: { in: ['RESOLVED', 'CLOSED'] } },
  })

export const readFirstResponseTime = (context: Context, scope: ReportScope, group: ReportGroup | null) =>
  readDurations(context, scope, group, {
    until: sql`response.at`,
    // OFFSET 0 keeps PostgreSQL from evaluating the subquery once per reference.
    join: sql`CROSS JOIN LATERAL (SELECT ${firstResponse} AS at OFFSET 0) response`,
    where: sql`response.at IS NOT NULL`,
    filter: { firstResponseAt: { isNull: false } },
  })

async function readDurations(
  { db }: Context,
  scope: ReportScope,
  group: ReportGroup | null,
  measure: Measure,
): Promise<DurationStatistics[]> {
  const grouping = groupingOf(group)
  const percentile = (fraction: number) => sql`percentile_cont(${fraction}::float8) WITHIN GROUP (ORDER BY seconds)`
  const rows = await db.query<Omit<DurationStatistics, 'filter'>[]>(sql`
    SELECT min(name) AS group, count(*)::integer AS count, avg(seconds) AS mean, ${percentile(0.5)} AS p50,
      ${percentile(0.75)} AS p75, ${percentile(0.9)} AS p90, ${percentile(0.95)} AS p95, max(seconds) AS max
    FROM (SELECT ${grouping.name} AS name, extract(epoch FROM ${measure.until} - t.created_at)::float8 AS seconds
      FROM ${scope.tickets} t ${measure.join} ${grouping.join} WHERE ${measure.where}) durations
    ${group ? sql`GROUP BY fold_case(name) ORDER BY count DESC, fold_case(name) COLLATE "C"` : empty}`)
  return rows.map((row) => ({ ...row, filter: narrowFilter(scope, measure.filter, groupFilter(grouping, row.group)) }))
}
