import { type Sql, sql } from '../database/sql.ts'
import type { Totals } from '../paging/page.ts'
import type { TicketFilter } from './ticket.filter.ts'

const fieldsOfTotals: ReadonlySet<string> = new Set<keyof TicketFilter>([
  'project',
  'projectArchived',
  'kind',
  'archived',
])

/** True if the stored totals suffice to count the matches, of which archived tickets are subtracted. */
export const isCountedByTotals = (filter: object | null | undefined): boolean =>
  Object.entries(filter ?? {}).every(
    ([name, value]) =>
      value === undefined || (name === 'archived' ? value !== true : value === null || fieldsOfTotals.has(name)),
  )

/** `where` is a condition on `t.project_id` and `t.kind`. Null if the matches must be counted. */
export function ticketTotals(filter: TicketFilter, where: Sql): Totals | null {
  if (!isCountedByTotals(filter)) return null
  const countAll = (condition: Sql) =>
    sql`(SELECT coalesce(sum(t.count), 0)::integer FROM ticket_totals t WHERE ${condition})`
  const countArchived = (condition: Sql) =>
    sql`(SELECT count(*) FROM tickets t WHERE ${condition} AND t.archived_at IS NOT NULL)`
  return {
    where,
    count: (condition) =>
      filter.archived === null ? countAll(condition) : sql`${countAll(condition)} - ${countArchived(condition)}`,
  }
}
