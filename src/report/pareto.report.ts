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

/** Largest counts first, ties by value. The last row combines the values beyond the limit. */
export async function readPareto(
  { db }: Context,
  scope: ReportScope,
  by: ReportGroup,
  limit: number,
): Promise<ParetoRow[]> {
  const grouping = groupingOf(by)
  const { column, join, name, ignoresCase } = grouping
  const folded = ignoresCase ? sql`fold_case(${name})` : name
  // Tickets are counted before names are read and folded, which takes longer.
  const tickets = column
    ? sql`SELECT NULL AS id, ${column}, count(*)::integer AS count FROM ${scope.tickets} t GROUP BY ${column}`
    : sql`SELECT t.id, 1 AS count FROM ${scope.tickets} t`
  const otherCount = column
    ? sql`sum(count)::integer`
    : sql`(SELECT count(DISTINCT g.id)::integer FROM ticket_groups g JOIN ranks r ON r.folded = g.folded WHERE r.rank > ${limit})`
  // Values of a column without case are already groups.
  const counts =
    column && !ignoresCase
      ? sql`SELECT folded, name AS value, count FROM ticket_groups`
      : sql`SELECT folded, min(name) AS value, sum(count)::integer AS count FROM ticket_groups GROUP BY folded`
  const rows = await db.query<
    { value: string | null; count: number; isOther: boolean; otherNames: string[] | null }[]
  >(sql`
    WITH ticket_groups AS MATERIALIZED (
      SELECT t.id, t.count, ${name} AS name, ${folded} AS folded FROM (${tickets}) t ${join}),
    counts AS (${counts}),
    ranks AS MATERIALIZED (
      SELECT *, row_number() OVER (PARTITION BY value IS NULL ORDER BY count DESC, folded COLLATE "C") AS rank FROM counts)
    SELECT value, count, FALSE AS "isOther", NULL AS "otherNames", folded FROM ranks WHERE rank <= ${limit} OR value IS NULL
    UNION ALL
    SELECT NULL, ${otherCount}, TRUE, array_agg(value), NULL
    FROM ranks WHERE rank > ${limit} AND value IS NOT NULL HAVING count(*) > 0
    ORDER BY "isOther", count DESC, folded NULLS LAST`)
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  const shownNames = rows.flatMap(({ value }) => (value === null ? [] : [value]))
  let cumulativeCount = 0
  return rows.map(({ value, count, isOther, otherNames }) => {
    cumulativeCount += count
    const cumulativeShare = cumulativeCount / total
    return {
      value: isOther ? 'other' : value,
      isOther,
      count,
      share: count / total,
      cumulativeShare,
      vitalFew: cumulativeShare <= vitalFewLimit,
      filter: narrowFilter(
        scope,
        isOther ? grouping.filterOfOthers(shownNames, otherNames ?? []) : groupFilter(grouping, value),
      ),
    }
  })
}
