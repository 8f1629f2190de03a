import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import { groupingOf, ofGroup, type ReportGroup } from './group.sql.ts'
import { type FilterJson, narrowed, type ReportScope } from './report.sql.ts'

/** How many open tickets of a group were filed so many days ago. */
export interface AgeBucket {
  readonly group: string | null
  readonly fromDays: number
  readonly toDays: number | null
  readonly count: number
  readonly filter: FilterJson
}

const secondsOfDay = 86_400

/** Open tickets by the days of 24 hours since they were filed, cut at `edges`. Each group that occurs has every bucket. */
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
      SELECT min(name) AS name, lower(name) AS folded, bucket, count(*) AS count FROM (
        SELECT ${grouping.name} AS name, width_bucket(extract(epoch FROM ${now}::timestamptz - t.created_at)::float8,
          ${edges.map((days) => days * secondsOfDay)}::float8[]) AS bucket
        FROM ${scope.tickets} t ${grouping.join} WHERE t.status IN ('OPEN', 'IN_PROGRESS')) aged
      GROUP BY lower(name), bucket) counted
    GROUP BY folded ORDER BY total DESC, folded COLLATE "C"`)
  const groups = group || rows.length > 0 ? rows : [{ group: null, counts: {} as Record<string, number> }]
  const ago = (days: number) => new Date(now.getTime() - days * secondsOfDay * 1000).toISOString()
  return groups.flatMap(({ group: name, counts }) =>
    [0, ...edges].map((fromDays, bucket) => {
      const toDays = edges[bucket] ?? null
      const filed = { ...(fromDays > 0 && { lte: ago(fromDays) }), ...(toDays !== null && { gt: ago(toDays) }) }
      const open = {
        status: { in: ['OPEN', 'IN_PROGRESS'] },
        ...(Object.keys(filed).length > 0 && { createdAt: filed }),
      }
      const filter = narrowed(scope, open, ofGroup(grouping, name))
      return { group: name, fromDays, toDays, count: counts[bucket] ?? 0, filter }
    }),
  )
}
