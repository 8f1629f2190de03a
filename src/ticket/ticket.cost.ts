import { isBeyondIndex } from '../search/search.filter.ts'
import { parseSearch } from '../search/search.parser.ts'

// What lists of tickets cost in points, of which 25,000 are to take two seconds of two cores at most: measured on 200,000
// tickets in 20 projects, for comparisons that must look at each of them.

type Arguments = Readonly<Record<string, unknown>>

const countCost = 200
const sortCost = 8000
const relevanceCost = 10_000
const skippedPerPoint = 50

/** Reading the rows of all tickets, for a comparison that no index knows. */
const rowsCost = 3000
const plainCost = 25
const textCost = 2500
/** Of a long text: the index of parts of words has what it may contain. */
const longTextCost = { indexed: 8000, other: 11_000 }
/** A page of what a search finds, and all of it: for each alternative, and for each further term that it has. */
const foundCost = { first: 1000, further: 200 }
const allFoundCost = { first: 6000, further: 1500 }
/** A search for terms that no index has, such as one of two letters. */
const unindexedTermCost = 10_000
const labelCost = 5000
const historyCost = 7000
const responseCost = 20_000

/** What a comparison costs that is more than a plain one: for each operator and operand, or by its operand. */
const comparisonCosts: ReadonlyMap<string, number | ((operand: unknown) => number)> = new Map(
  Object.entries<number | ((operand: unknown) => number)>({
    title: textCost,
    category: textCost,
    subcategory: textCost,
    reportedBy: textCost,
    absn: (filter) =>
      isObject(filter) && ('contains' in filter || 'startsWith' in filter) ? rowsCost + textCost : plainCost,
    description: (filter) => {
      const { contains } = isObject(filter) ? filter : {}
      const isIndexed = typeof contains === 'string' && !isBeyondIndex(contains)
      return operandsIn(filter) * (isIndexed ? longTextCost.indexed : longTextCost.other)
    },
    label: (filter) => labelCost * operandsIn(filter),
    openAt: historyCost,
    firstResolvedAt: historyCost,
    everResolvedAt: historyCost,
    everReopenedAt: historyCost,
    firstResponseAt: responseCost,
  }),
)
const indexed: ReadonlySet<string> = new Set([
  'id',
  'kind',
  'project',
  'status',
  'assignee',
  'reporter',
  'createdAt',
  'updatedAt',
  'archived',
  'absn',
  'search',
])
const connectives: ReadonlySet<string> = new Set(['and', 'or', 'not'])
const indexedOrders: ReadonlySet<unknown> = new Set(['CREATED_AT', 'UPDATED_AT'])
const indexedProjectOrders: ReadonlySet<unknown> = new Set([...indexedOrders, 'NUMBER'])
/** An index leads to the tickets of a project: a twentieth of all where this was measured. */
const shareOfProject = 10

/** What a list of tickets costs beside its rows, from its arguments as they stand in the document. */
export const ticketListCost = (args: Arguments) =>
  isOfProject(args['filter']) ? projectTicketListCost(args) : 1 + scanCost(args, indexedOrders)

/** What a list of a project's tickets costs beside its rows. */
export const projectTicketListCost = (args: Arguments) => 1 + scanCost(args, indexedProjectOrders) / shareOfProject

/** What it costs to count all tickets of the list that stands above: all at the root, those of a project elsewhere. */
export function ticketCountCost(_args: Arguments, { filter }: Arguments, holder: string): number {
  const share = holder !== 'Query' || isOfProject(filter) ? shareOfProject : 1
  return (countCost + filterCost(filter)) / share
}

function scanCost({ filter, orderBy, offset }: Arguments, orders: ReadonlySet<unknown>): number {
  const skipped = typeof offset === 'number' && offset > 0 ? offset / skippedPerPoint : 0
  return filterCost(filter, foundCost) + orderCost(orderBy, orders) + skipped
}

function orderCost(orderBy: unknown, orders: ReadonlySet<unknown>): number {
  const fields = [orderBy ?? []].flat().map((order) => isObject(order) && order['field'])
  if (fields.includes('RELEVANCE')) return relevanceCost
  return fields[0] && !orders.has(fields[0]) ? sortCost : 0
}

/**
 * What a filter costs: its comparisons, wherever in it they stand, and once the rows that they read; by default, for all
 * that it lets through. A variable is priced once, in however many places it stands: it may be long.
 */
export function filterCost(filter: unknown, found = allFoundCost): number {
  if (!isObject(filter)) return 0
  const known = found === foundCost ? pagePrices : prices
  const before = known.get(filter)
  if (before !== undefined) return before
  const comparisons = comparisonsIn(filter)
  const reads = comparisons.some(([name]) => !indexed.has(name)) ? rowsCost : 0
  const cost = comparisons.reduce((sum, [name, operand]) => sum + comparisonCost(name, operand, found), reads)
  known.set(filter, cost)
  return cost
}

const pagePrices = new WeakMap<object, number>()
const prices = new WeakMap<object, number>()

type Comparison = readonly [name: string, operand: unknown]

function comparisonsIn(filter: unknown): Comparison[] {
  if (Array.isArray(filter)) return filter.flatMap(comparisonsIn)
  if (!isObject(filter)) return []
  return Object.entries(filter).flatMap(([name, operand]): Comparison[] => {
    if (operand === null || operand === undefined) return []
    return connectives.has(name) ? comparisonsIn(operand) : [[name, operand]]
  })
}

function comparisonCost(name: string, operand: unknown, found: typeof foundCost): number {
  if (name === 'search') return typeof operand === 'string' ? searchCost(operand, found) : 0
  const cost = comparisonCosts.get(name) ?? plainCost
  if (typeof cost === 'function') return cost(operand)
  return cost * operandsIn(operand)
}

/** Longer ones are refused. */
const longestSearch = 1000
const searchCost = (search: string, { first, further }: typeof foundCost) =>
  parseSearch(search.slice(0, longestSearch)).reduce(
    (sum, terms) =>
      sum + (terms.every(({ text }) => isBeyondIndex(text)) ? unindexedTermCost : first) + (terms.length - 1) * further,
    0,
  )

const isOfProject = (filter: unknown) =>
  isObject(filter) && isObject(filter['project']) && typeof filter['project']['eq'] === 'string'
/** How many operands a comparator has; those of a list are compared in one go. */
function operandsIn(comparator: unknown): number {
  if (!isObject(comparator)) return 1
  return Object.values(comparator).reduce(
    (sum: number, operand) => sum + 1 + (Array.isArray(operand) ? operand.length / 50 : 0),
    0,
  )
}
const isObject = (value: unknown): value is Arguments =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
