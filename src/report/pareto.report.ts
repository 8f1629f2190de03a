import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import { groupFilter, groupingOf, type ReportGroup } from './group.sql.ts'
import { type FilterJson, narrowFilter, type ReportScope } from './report.sql.ts'

export interface ParetoRow {
  readonly value: string | null
  readonly isOther: boolean
  readonly count: number
  readonly share: number
  readonly cumulativeShare: number
  readonly vitalFew: boolean
  readonly filter: FilterJson
}

/** Juran, "Universals in Management Planning and Controlling", 1954. */
const vitalFewLimit = 0.8

/** The largest counts first, ties by value. The last row combines the values beyond the limit. */
export async function readPareto(
  { db }: Context,
  scope: ReportScope,
  by: ReportGroup,
  limit: number,
): Promise<ParetoRow[]> {
  const grouping = groupingOf(by)
  const rows = await db.query<{ value: string | null; count: number; isOther: boolean; rest: string[] | null }[]>(sql`
    WITH named AS MATERIALIZED (
      SELECT t.id, ${grouping.name} AS name, lower(${grouping.name}) AS folded FROM ${scope.tickets} t ${grouping.join}),
    counted AS (SELECT folded, min(name) AS value, count(*)::integer AS count FROM named GROUP BY folded),
    ranked AS MATERIALIZED (
      SELECT *, row_number() OVER (PARTITION BY value IS NULL ORDER BY count DESC, folded COLLATE "C") AS rank FROM counted)
    SELECT value, count, FALSE AS "isOther", NULL AS rest, folded FROM ranked WHERE rank <= ${limit} OR value IS NULL
    UNION ALL
    SELECT NULL, (SELECT count(DISTINCT named.id)::integer FROM named JOIN ranked ON ranked.folded = named.folded
        WHERE ranked.rank > ${limit}), TRUE, array_agg(value), NULL
    FROM ranked WHERE rank > ${limit} AND value IS NOT NULL HAVING count(*) > 0
    ORDER BY "isOther", count DESC, folded NULLS LAST`)
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  const names = rows.flatMap(({ value }) => (value === null ? [] : [value]))
  let cumulativeCount = 0
  return rows.map(({ value, count, isOther, rest }) => {
    cumulativeCount += count
    const cumulativeShare = cumulativeCount / total
    return {
      value: isOther ? 'other' : value,
      isOther,
      count,
      share: count / total,
      cumulativeShare,
      vitalFew: cumulativeShare <= vitalFewLimit,
      filter: narrowFilter(scope, isOther ? grouping.filterOfRest(names, rest ?? []) : groupFilter(grouping, value)),
    }
  })
}
