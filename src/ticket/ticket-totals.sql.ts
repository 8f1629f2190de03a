import { raw, type Sql, sql } from '../database/sql.ts'
import type { Totals } from '../paging/page.ts'
import type { TicketFilter } from './ticket.filter.ts'

const fieldsOfTotals: ReadonlySet<string> = new Set<keyof TicketFilter>([
  'project',
  'projectArchived',
  'kind',
  'archived',
])
/** With more archived tickets, the others are counted instead. */
const maxArchived = 1000
const archivedLimit = raw(String(maxArchived + 1))

/** `where` is a condition on `t.project_id` and `t.kind`. Null if the matches must be counted. */
export function ticketTotals(filter: TicketFilter, where: Sql): Totals | null {
  const { archived, ...others } = filter
  const isCounted = Object.entries(others).some(([name, value]) => value != null && !fieldsOfTotals.has(name))
  if (archived || isCounted) return null
  return { where, count: archived === null ? sumTotals : subtractArchived }
}

const sumTotals = (where: Sql) => sql`(SELECT coalesce(sum(t.count), 0)::integer FROM ticket_totals t WHERE ${where})`

const subtractArchived = (where: Sql, countRows: Sql) => sql`(
  SELECT CASE WHEN archived.count < ${archivedLimit} THEN ${sumTotals(where)} - archived.count ELSE ${countRows} END
  FROM (SELECT count(*) FROM (
    SELECT FROM tickets t WHERE ${where} AND t.archived_at IS NOT NULL LIMIT ${archivedLimit}) first) archived)`
