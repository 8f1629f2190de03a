import { type DatabaseSize, type Scope, workIn } from '../database/size.ts'
import type { FieldCall } from '../graphql/cost.ts'
import { lacksTrigram } from '../search/search.filter.ts'
import { parseSearch } from '../search/search.parser.ts'
import { isGloballyIndexedOrder, isIndexedOrder, type TicketOrderField } from './ticket.sql.ts'

// Work in points, measured with 200,000 tickets: 12.5 points per millisecond of a processor, so that
// 25,000 points take at most two seconds. It is proportional to the number of tickets in the scope of a list or report.

type Arguments = Readonly<Record<string, unknown>>

/** The scope of a field of a connection or report with a filter, and of its list. */
export function scopeOf({ args: { filter }, type, parent }: FieldCall, size: DatabaseSize): Scope {
  if (type !== 'Project') return { tickets: ticketsInFilter(filter, size) }
  const id = parent?.parent === null ? parent.args['id'] : null
  return { tickets: typeof id === 'string' ? size.ticketsOf(id) : size.ticketsOfLargestProject }
}

/** Tickets of the projects that a filter names, without them all. */
export function ticketsInFilter(filter: unknown, size: DatabaseSize): number {
  const project = isObject(filter) && isObject(filter['project']) ? filter['project'] : {}
  const references = project['eq'] != null ? [project['eq']] : Array.isArray(project['in']) ? project['in'] : null
  if (!references) return size.tickets
  return Math.min(
    size.tickets,
    references.reduce((sum: number, reference) => sum + size.ticketsOf(String(reference)), 0),
  )
}

/** Per comparison. A filter with any of them cannot be served by an index alone. */
const scanPoints = 3000
const textPoints = 2500
/** A trigram index narrows `contains`. */
const longTextPoints = { indexed: 8000, other: 11_000 }
const comparisonPoints: ReadonlyMap<string, number | ((operand: unknown) => number)> = new Map(
  Object.entries<number | ((operand: unknown) => number)>({
    title: textPoints,
    category: textPoints,
    subcategory: textPoints,
    reportedBy: textPoints,
    absn: (filter) =>
      isObject(filter) && ('contains' in filter || 'startsWith' in filter) ? scanPoints + textPoints : 0,
    description: (filter) => {
      const { contains } = isObject(filter) ? filter : {}
      const isIndexed = typeof contains === 'string' && !lacksTrigram(contains)
      return isIndexed ? longTextPoints.indexed : longTextPoints.other
    },
    label: 5000,
    commentedAt: 3000,
    openAt: 7000,
    firstResolvedAt: 7000,
    everResolvedAt: 7000,
    everReopenedAt: 7000,
    firstResponseAt: 20_000,
  }),
)
const indexedFields: ReadonlySet<string> = new Set([
  'priority',
  'severity',
  'id',
  'kind',
  'project',
  'status',
  'assignee',
  'reporter',
  'createdAt',
  'updatedAt',
  'archived',
  'projectArchived',
  'absn',
  'search',
])
const connectives: ReadonlySet<string> = new Set(['and', 'or', 'not'])

const sortPoints = 8000
const relevancePoints = 1000
const skippedPerPoint = 50
const countedPerPoint = 50
const countPoints = 300
/** Per alternative of a search, and per further term of an alternative. */
const pageResultPoints = { first: 1500, further: 500 }
const allResultPoints = { first: 8000, further: 2500 }
const noResultPoints = { first: 0, further: 0 }

/** Work of a list without its count, from arguments before coercion. */
export function ticketListWork(call: FieldCall, size: DatabaseSize): number {
  const { filter, orderBy, offset } = call.args
  const skipped = typeof offset === 'number' && offset > 0 ? offset / skippedPerPoint : 0
  const points = filterPoints(filter, pageResultPoints) + orderPoints(orderBy, filter)
  return 1 + skipped + workIn(scopeOf(call, size), points)
}

function orderPoints(orderBy: unknown, filter: unknown): number {
  const keys = [orderBy ?? []].flat().filter(isObject) as { readonly field: TicketOrderField }[]
  if (keys.some(({ field }) => field === 'RELEVANCE')) return relevancePoints
  const readsIndex = needsScan(filter) ? isGloballyIndexedOrder(keys) : isIndexedOrder(keys)
  return readsIndex ? 0 : sortPoints
}

/** True if an index does not serve a filter, whose matches are sorted. */
const needsScan = (filter: unknown) => comparisonsIn(filter).some(([name]) => !indexedFields.has(name))

/** Work of `totalCount`. */
function ticketCountWork({ parent }: FieldCall, size: DatabaseSize): number {
  if (!parent) return 0
  return workIn(scopeOf(parent, size), countPoints + filterPoints(parent.args['filter'], allResultPoints))
}

/** Work of `totalCountUpTo`. The list reads as many results of a search. */
function boundedTicketCountWork({ args: { limit }, parent }: FieldCall, size: DatabaseSize): number {
  if (!parent) return 0
  const scope = scopeOf(parent, size)
  const counted = typeof limit === 'number' ? limit / countedPerPoint : 0
  return (
    Math.round(Math.min(counted, workIn(scope, countPoints))) +
    workIn(scope, filterPoints(parent.args['filter'], noResultPoints))
  )
}

/** Work of the counts of connections of tickets. */
export const ticketCounts = { all: ticketCountWork, bounded: boundedTicketCountWork }

/** Work of reading all tickets that match a filter. */
export const filterWork = (filter: unknown, size: DatabaseSize): number =>
  workIn({ tickets: ticketsInFilter(filter, size) }, filterPoints(filter, allResultPoints))

/** Points of a filter with the measured number of tickets. Cached per object, since a long filter in a variable can be used often. */
export function filterPoints(filter: unknown, results = allResultPoints): number {
  if (!isObject(filter)) return 0
  const points = cachedPoints.get(results) ?? new WeakMap<object, number>()
  cachedPoints.set(results, points)
  const cached = points.get(filter)
  if (cached !== undefined) return cached
  const fixedPoints = needsScan(filter) ? scanPoints : 0
  const sum = comparisonsIn(filter).reduce(
    (total, [name, operand]) => total + pointsOf(name, operand, results),
    fixedPoints,
  )
  points.set(filter, sum)
  return sum
}

const cachedPoints = new WeakMap<object, WeakMap<object, number>>()

type Comparison = readonly [name: string, operand: unknown]

function comparisonsIn(filter: unknown): Comparison[] {
  if (Array.isArray(filter)) return filter.flatMap(comparisonsIn)
  if (!isObject(filter)) return []
  return Object.entries(filter).flatMap(([name, operand]): Comparison[] => {
    if (operand === null || operand === undefined) return []
    return connectives.has(name) ? comparisonsIn(operand) : [[name, operand]]
  })
}

function pointsOf(name: string, operand: unknown, results: typeof pageResultPoints): number {
  if (name === 'search') return typeof operand === 'string' ? searchPoints(operand, results) : 0
  const points = comparisonPoints.get(name) ?? 0
  return (typeof points === 'function' ? points(operand) : points) * operandsIn(operand)
}

/** Longer searches are rejected. */
const maxSearchLength = 1000
const searchPoints = (search: string, { first, further }: typeof pageResultPoints) =>
  parseSearch(search.slice(0, maxSearchLength)).reduce((sum, terms) => sum + first + (terms.length - 1) * further, 0)

/** Items of a list count less, since they are compared in one step. */
function operandsIn(comparator: unknown): number {
  if (!isObject(comparator)) return 1
  return Object.values(comparator).reduce(
    (sum: number, operand) => sum + 1 + (Array.isArray(operand) ? operand.length / 50 : 0),
    0,
  )
}

const isObject = (value: unknown): value is Arguments =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
