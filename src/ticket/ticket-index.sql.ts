import { TicketStatus } from '../../prisma/generated/client.ts'
import { empty, raw, type Sql, sql } from '../database/sql.ts'
import { customPlan } from '../database/statement-names.ts'
import type { IndexScan, Partitions } from '../paging/index-scan.ts'
import type { Order } from '../paging/keyset.ts'
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

/** A sort of all tickets is faster than reading most of them in the order of an index. */
export const maxMergedOffset = 1000
const maxMergedProjects = 200

interface ListOfProjects {
  /** SELECT of the `id` of each project. */
  readonly rows: Sql
  /** Condition on the tickets of each project. */
  readonly where: Sql
  /** Null if the list has all visible projects. */
  readonly projectFilter: { readonly maxCount: number } | null
}

/**
 * Null if the list is read as a whole, because it has too many projects, or because an index over all tickets skips fewer
 * rows than a page of each project has: the number of projects exceeds the ratio of all tickets to theirs. A filter can
 * select projects with few tickets.
 */
export function projectPartitions(
  { ticketCounts: { projects, tickets, allTickets } = { projects: 1, tickets: 0, allTickets: 0 } }: Viewer,
  { rows, where, projectFilter }: ListOfProjects,
  hasGlobalIndex: boolean,
): Partitions | null {
  const count = Math.max(1, Math.min(projects, projectFilter?.maxCount ?? Infinity))
  const skipsFewTickets = hasGlobalIndex && !projectFilter && count * tickets >= allTickets
  if (count > maxMergedProjects || skipsFewTickets) return null
  return { rows, where, count, maxOffset: hasGlobalIndex ? Infinity : maxMergedOffset }
}
