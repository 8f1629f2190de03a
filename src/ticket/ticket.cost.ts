import { type DatabaseSize, type Scope, workIn } from '../database/size.ts'
import type { FieldCall } from '../graphql/cost.ts'
import { lacksTrigram } from '../search/search.filter.ts'
import { parseSearch } from '../search/search.parser.ts'
import { isGloballyIndexedOrder, isIndexedOrder, type TicketOrderField } from './ticket.sql.ts'
import { maxMergedOffset } from './ticket-index.sql.ts'

// Work in points, measured with 200,000 tickets: 12.5 points per millisecond of a processor, so that 25,000 points take at
// most two seconds. It is proportional to the number of tickets in the scope of a list or report.

type Arguments = Readonly<Record<string, unknown>>

/** The scope of a list or report with a filter. */
export function scopeOf({ args: { filter }, type, parent }: FieldCall, size: DatabaseSize): Scope {
  if (type !== 'Project') return filterScope(filter, size)
  const id = parent?.parent === null ? parent.args['id'] : null
  const tickets = typeof id === 'string' ? size.ticketsOf(id) : size.ticketsOfLargestProject
  return { tickets, allTickets: size.tickets }
}

/** The scope of a filter: the projects that it names, or all. */
export function filterScope(filter: unknown, size: DatabaseSize): Scope {
  return { tickets: ticketsInFilter(filter, size), allTickets: size.tickets }
}

/** Tickets of the projects that a filter names, of all projects if it names none. */
function ticketsInFilter(filter: unknown, size: DatabaseSize): number {
  const project = isObject(filter) && isObject(filter['project']) ? filter['project'] : {}
  const references = project['eq'] != null ? [project['eq']] : Array.isArray(project['in']) ? project['in'] : null
  if (!references) return size.tickets
  return Math.min(
    size.tickets,
    references.reduce((sum: number, reference) => sum + size.ticketsOf(String(reference)), 0),
  )
}

/** Added once to a filter that an index does not serve alone. */
const scanPoints = 4000
/** Per comparison. */
const textPoints = 7000
/** A trigram index narrows `contains`, except in an alternative. */
const longTextPoints = { indexed: 8000, other: 50_000 }
type ComparisonPoints = number | ((operand: unknown, isAlternative: boolean) => number)
const comparisonPoints: ReadonlyMap<string, ComparisonPoints> = new Map(
  Object.entries<ComparisonPoints>({
    title: textPoints,
    category: textPoints,
    subcategory: textPoints,
    reportedBy: textPoints,
    absn: (filter) =>
      isObject(filter) && ('contains' in filter || 'startsWith' in filter) ? scanPoints + textPoints : 0,
    description: (filter, isAlternative) => {
      const { contains } = isObject(filter) ? filter : {}
      const isIndexed = !isAlternative && typeof contains === 'string' && !lacksTrigram(contains)
      return isIndexed ? longTextPoints.indexed : longTextPoints.other
    },
    label: 9000,
    commentedAt: 6000,
    openAt: 5500,
    firstResolvedAt: 5500,
    everResolvedAt: 5500,
    everReopenedAt: 5500,
    firstResponseAt: 40_000,
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

const sortPoints = 6000
/** A sort by values of other tables. */
const commentedSortPoints = 10_000
const relevancePoints = 1000
const skippedPerPoint = 50
const countedPerPoint = 50
const countPoints = 300
/** Per alternative of a search, and per further term of an alternative. */
const pageResultPoints = { first: 1500, further: 500 }
const allResultPoints = { first: 12_000, further: 7000 }
/** For a term, if the texts of all tickets in the scope are read. */
const textScanPoints = 40_000
const noResultPoints = { first: 0, further: 0 }

/** Work of a list without its count, from arguments before coercion. */
export function ticketListWork(call: FieldCall, size: DatabaseSize): number {
  const { filter, offset } = call.args
  const scope = scopeOf(call, size)
  const skipped = typeof offset === 'number' && offset > 0 ? offset / skippedPerPoint : 0
  return 1 + skipped + filterWork(filter, scope, { results: pageResultPoints, points: orderPoints(call.args) })
}

function orderPoints({ filter, orderBy, offset }: Arguments): number {
  const keys = [orderBy ?? []].flat().filter(isObject) as { readonly field: TicketOrderField }[]
  if (keys.some(({ field }) => field === 'RELEVANCE')) return relevancePoints
  const isSorted = needsScan(filter) || (typeof offset === 'number' && offset > maxMergedOffset)
  const readsIndex = isSorted ? isGloballyIndexedOrder(keys) : isIndexedOrder(keys)
  if (readsIndex) return 0
  return keys.some(({ field }) => field === 'COMMENTED_AT') ? commentedSortPoints : sortPoints
}

/** True if an index does not serve a filter, whose matches are sorted. */
const needsScan = (filter: unknown) => comparisonsIn(filter).some(([name]) => !indexedFields.has(name))

/** Work of `totalCount`. */
function ticketCountWork({ parent }: FieldCall, size: DatabaseSize): number {
  if (!parent) return 0
  return filterWork(parent.args['filter'], scopeOf(parent, size), { points: countPoints })
}

/** Work of `totalCountUpTo`. The list reads as many results of a search. */
function boundedTicketCountWork({ args: { limit }, parent }: FieldCall, size: DatabaseSize): number {
  if (!parent) return 0
  const scope = scopeOf(parent, size)
  const counted = Math.min(typeof limit === 'number' ? limit / countedPerPoint : 0, workIn(scope, countPoints))
  return Math.round(counted) + filterWork(parent.args['filter'], scope, { results: noResultPoints })
}

/** Work of the counts of connections of tickets. */
export const ticketCounts = { all: ticketCountWork, bounded: boundedTicketCountWork }

interface Reading {
  /** Defaults to all results. */
  readonly results?: typeof allResultPoints
  /** Points of further work on the tickets of the scope. */
  readonly points?: number
}

/** Work of reading the tickets that match a filter. A search reads its index, or the texts of the tickets in the scope. */
export function filterWork(
  filter: unknown,
  scope: Scope,
  { results = allResultPoints, points = 0 }: Reading = {},
): number {
  const { comparisons, isAlternative, alternatives, furtherTerms } = measureFilter(filter)
  const search = alternatives * results.first + furtherTerms * results.further
  const texts = search > 0 ? (alternatives + furtherTerms) * textScanPoints : 0
  const wholeDatabase = { ...scope, tickets: scope.allTickets }
  const indexWork = isAlternative && results === allResultPoints ? Infinity : workIn(wholeDatabase, search)
  return workIn(scope, comparisons + points) + Math.min(indexWork, workIn(scope, texts))
}

interface FilterMeasure {
  /** Points of comparisons other than searches. */
  readonly comparisons: number
  /** True if the index of searches may not narrow the tickets. */
  readonly isAlternative: boolean
  readonly alternatives: number
  readonly furtherTerms: number
}

/** Cached per object, since a long filter in a variable can be used often. */
function measureFilter(filter: unknown): FilterMeasure {
  if (!isObject(filter)) return { comparisons: 0, isAlternative: false, alternatives: 0, furtherTerms: 0 }
  const cachedMeasure = measures.get(filter)
  if (cachedMeasure) return cachedMeasure
  const comparisons = comparisonsIn(filter)
  const searches = comparisons.flatMap(([name, operand]) =>
    name === 'search' && typeof operand === 'string' ? parseSearch(operand.slice(0, maxSearchLength)) : [],
  )
  const isAlternative = searches.length > 1 || hasAlternatives(filter)
  const isScan = needsScan(filter) || (isAlternative && searches.length > 0)
  const measure = {
    comparisons: comparisons.reduce(
      (sum, [name, operand]) => sum + comparisonCost(name, operand, isAlternative),
      isScan ? scanPoints : 0,
    ),
    isAlternative,
    alternatives: searches.length,
    furtherTerms: searches.reduce((sum, terms) => sum + terms.length - 1, 0),
  }
  measures.set(filter, measure)
  return measure
}

const measures = new WeakMap<object, FilterMeasure>()
/** Longer searches are rejected. */
const maxSearchLength = 1000

type Comparison = readonly [name: string, operand: unknown]

function comparisonsIn(filter: unknown): Comparison[] {
  if (Array.isArray(filter)) return filter.flatMap(comparisonsIn)
  if (!isObject(filter)) return []
  return Object.entries(filter).flatMap(([name, operand]): Comparison[] => {
    if (operand === null || operand === undefined) return []
    return connectives.has(name) ? comparisonsIn(operand) : [[name, operand]]
  })
}

const hasAlternatives = (filter: unknown): boolean =>
  isObject(filter) && ('or' in filter || 'not' in filter || [filter['and'] ?? []].flat().some(hasAlternatives))

function comparisonCost(name: string, operand: unknown, isAlternative: boolean): number {
  const points = comparisonPoints.get(name) ?? 0
  return (typeof points === 'function' ? points(operand, isAlternative) : points) * operandsIn(operand)
}

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
