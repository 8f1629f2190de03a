import { TicketStatus } from '../../prisma/generated/client.ts'
import { empty, raw, type Sql, sql } from '../database/sql.ts'
import { customPlan } from '../database/statement-names.ts'
import type { IndexScan, Partitions } from '../paging/index-scan.ts'
import type { Order } from '../paging/keyset.ts'
import { visibleProjects } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import type { TicketFilter } from './ticket.filter.ts'
import { isGloballyIndexedOrder, isIndexedOrder, type OrderArgument } from './ticket.sql.ts'

/** Number of tickets that a filter matches: usually many, dependent on its values, or few or found by another index. */
type MatchCount = 'many' | 'varying' | 'few'

const matchCounts: ReadonlyMap<string, MatchCount> = new Map<keyof TicketFilter, MatchCount>([
  ['kind', 'many'],
  ['project', 'many'],
  ['archived', 'many'],
  ['projectArchived', 'many'],
  ['label', 'many'],
  ['status', 'varying'],
  ['priority', 'varying'],
  ['severity', 'varying'],
  ['createdAt', 'varying'],
  ['updatedAt', 'varying'],
  ['resolvedAt', 'varying'],
])

function matchCountOf({ and, or, not, status, ...fields }: TicketFilter): MatchCount {
  const nestedFilters = [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]
  const counts = [
    ...nestedFilters.map((filter) => (filter.status ? 'few' : matchCountOf(filter))),
    ...Object.entries({ status, ...fields }).map(([name, value]) =>
      value === null || value === undefined ? 'many' : (matchCounts.get(name) ?? 'few'),
    ),
  ]
  return counts.includes('few') ? 'few' : counts.includes('varying') ? 'varying' : 'many'
}

/** The statuses that a filter can match. */
function statusesIn({ status: filter }: TicketFilter): TicketStatus[] {
  const statuses = Object.values(TicketStatus)
  if (!filter) return statuses
  const { eq, in: list, notIn, gte, lte } = filter
  const rank = (status: string) => statuses.indexOf(status as TicketStatus)
  return statuses.filter(
    (status) =>
      (!eq || status === eq) &&
      (!list || list.includes(status)) &&
      !notIn?.includes(status) &&
      (!gte || rank(status) >= rank(gte)) &&
      (!lte || rank(status) <= rank(lte)),
  )
}

interface TicketScan extends Pick<IndexScan, 'streams'> {
  /** `customPlan` if the values of the filter decide the best plan, else empty. */
  readonly planning: Sql
}

/** Null if the filter, read in the order of an index, could skip more tickets than a search for all of its matches. */
export function ticketScan(
  filter: TicketFilter,
  [key]: Order,
  orderBy: OrderArgument | null | undefined,
): TicketScan | null {
  const matchCount = matchCountOf(filter)
  if (!isIndexedOrder(orderBy) || matchCount === 'few') return null
  const statuses = statusesIn(filter)
  if (key?.name === 'RESOLVED_AT' && !statuses.includes('RESOLVED') && !statuses.includes('CLOSED')) return null
  // The index has the priorities of each status.
  const streams = key?.name === 'PRIORITY' ? statuses.map(hasStatus) : []
  const { status: _, ...others } = filter
  const varies = key?.name === 'PRIORITY' ? matchCountOf(others) === 'varying' : matchCount === 'varying'
  return { streams, planning: varies && !isGloballyIndexedOrder(orderBy) ? customPlan : empty }
}

const hasStatus = (status: TicketStatus) => sql`t.status = ${raw(`'${status}'::ticket_status`)}`

/** For orders without a global index. A sort of all tickets is faster than reading most of them in the order of an index. */
export const maxMergedOffset = 1000
const fewProjects = { areFew: sql`count(*) <= 200`, maxOffset: maxMergedOffset }
/**
 * For orders with a global index, which skips tickets of other projects: it reads fewer rows than a page of each project if
 * the number of projects exceeds the ratio of all tickets to theirs.
 */
const fewOfAllTickets = {
  areFew: sql`count(*) <= 200 AND count(*) * sum(last_number)
    < (SELECT reltuples FROM pg_class WHERE oid = 'tickets'::regclass)`,
  maxOffset: Infinity,
}

interface TicketConditions {
  /** Uses only `t.project_id`. */
  readonly ofProject: Sql
  readonly ofTicket: Sql
}

export const projectPartitions = (
  viewer: Viewer,
  { ofProject, ofTicket }: TicketConditions,
  hasGlobalIndex: boolean,
): Partitions => ({
  rows: sql`SELECT t.project_id AS id, t.last_number FROM (
    SELECT p.id AS project_id, p.last_number FROM projects p WHERE ${visibleProjects(viewer)}) t WHERE ${ofProject}`,
  ...(hasGlobalIndex ? fewOfAllTickets : fewProjects),
  where: sql`t.project_id = partitions.id AND ${ofTicket}`,
})
