import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import { type FilterJson, narrowFilter, type ReportScope } from './report.sql.ts'

/** `userId` is null for unassigned tickets. */
export interface AssigneeLoad {
  readonly userId: string | null
  readonly total: number
  readonly open: number
  readonly resolved: number
  readonly filter: FilterJson
  readonly openFilter: FilterJson
  readonly resolvedFilter: FilterJson
}

/** Largest totals first, ties by username. */
export async function readTopAssignees(context: Context, scope: ReportScope, limit: number): Promise<AssigneeLoad[]> {
  const rows = await context.db.query<
    (Pick<AssigneeLoad, 'userId' | 'total' | 'open' | 'resolved'> & { username: string | null })[]
  >(sql`
    SELECT u.id AS "userId", u.username, count(*)::integer AS total,
      count(*) FILTER (WHERE t.status IN ('OPEN', 'IN_PROGRESS'))::integer AS open,
      count(*) FILTER (WHERE t.status IN ('RESOLVED', 'CLOSED'))::integer AS resolved
    FROM ${scope.tickets} t LEFT JOIN users u ON u.id = t.assignee_id
    GROUP BY u.id ORDER BY total DESC, u.username COLLATE "C" NULLS LAST LIMIT ${limit}`)
  return rows.map(({ username, ...load }) => {
    const assignee = { assignee: username === null ? { isNull: true } : { eq: username } }
    return {
      ...load,
      filter: narrowFilter(scope, assignee),
      openFilter: narrowFilter(scope, assignee, { status: { in: ['OPEN', 'IN_PROGRESS'] } }),
      resolvedFilter: narrowFilter(scope, assignee, { status: { in: ['RESOLVED', 'CLOSED'] } }),
    }
  })
}
