import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import { groupFilter, groupingOf, type ReportGroup } from './group.sql.ts'
import { type FilterJson, narrowFilter, type ReportScope } from './report.sql.ts'

export interface AgeBucket {
  readonly group: string | null
  readonly fromDays: number
  readonly toDays: number | null
  readonly count: number
  readonly filter: FilterJson
}

const secondsPerDay = 86_400

/** `edges` are the boundaries of the buckets in days of 24 hours. Each group has all buckets. */
export async function readAgeing(
  { db }: Context,
  scope: ReportScope,
  edges: readonly number[],
  group: ReportGroup | null,
): Promise<AgeBucket[]> {
  const grouping = groupingOf(group)
  const now = new Date()
  const rows = await db.query<{ group: string | null; counts: Record<string, number>; total: number }[]>(sql`
    SELECT min(name) AS group, jsonb_object_agg(bucket, count) AS counts, sum(count)::integer AS total FROM (
      SELECT min(name) AS name, fold_case(name) AS folded, bucket, count(*) AS count FROM (
        SELECT ${grouping.name} AS name, width_bucket(extract(epoch FROM ${now}::timestamptz - t.created_at)::float8,
          ${edges.map((days) => days * secondsPerDay)}::float8[]) AS bucket
        FROM ${scope.tickets} t ${grouping.join} WHERE t.status IN ('OPEN', 'IN_PROGRESS')) ages
      GROUP BY fold_case(name), bucket) buckets
    GROUP BY folded ORDER BY total DESC, folded COLLATE "C"`)
  const groups = group || rows.length > 0 ? rows : [{ group: null, counts: {} as Record<string, number> }]
  const daysAgo = (days: number) => new Date(now.getTime() - days * secondsPerDay * 1000).toISOString()
  return groups.flatMap(({ group: name, counts }) =>
    [0, ...edges].map((fromDays, bucket) => {
      const toDays = edges[bucket] ?? null
      const createdAt = {
        ...(fromDays > 0 && { lte: daysAgo(fromDays) }),
        ...(toDays !== null && { gt: daysAgo(toDays) }),
      }
      const openTickets = {
        status: { in: ['OPEN', 'IN_PROGRESS'] },
        ...(Object.keys(createdAt).length > 0 && { createdAt }),
      }
      const filter = narrowFilter(scope, openTickets, groupFilter(grouping, name))
      return { group: name, fromDays, toDays, count: counts[bucket] ?? 0, filter }
    }),
  )
}
