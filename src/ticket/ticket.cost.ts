import { lacksTrigram } from '../search/search.filter.ts'
import { parseSearch } from '../search/search.parser.ts'

// Costs in points. A request of 25,000 points occupies two cores for at most two seconds. Measured with 200,000 tickets in 20 projects.

type Arguments = Readonly<Record<string, unknown>>

const countCost = 200
const sortCost = 8000
const relevanceCost = 10_000
const skippedPerPoint = 50

/** Added once if a comparison of the filter has no index. */
const fullScanCost = 3000
const plainCost = 25
const textCost = 2500
/** A trigram index narrows `contains`. */
const longTextCost = { indexed: 8000, other: 11_000 }
/** Per alternative of a search, and per further term of an alternative. */
const pageResultsCost = { first: 1000, further: 200 }
const allResultsCost = { first: 6000, further: 1500 }
/** A term without an index, such as one of two letters. */
const unindexedTermCost = 10_000
const labelCost = 5000
const historyCost = 7000
const firstResponseCost = 20_000

/** Per operand, or a function of the comparator. */
const comparisonCosts: ReadonlyMap<string, number | ((operand: unknown) => number)> = new Map(
  Object.entries<number | ((operand: unknown) => number)>({
    title: textCost,
    category: textCost,
    subcategory: textCost,
    reportedBy: textCost,
    absn: (filter) =>
      isObject(filter) && ('contains' in filter || 'startsWith' in filter) ? fullScanCost + textCost : plainCost,
    description: (filter) => {
      const { contains } = isObject(filter) ? filter : {}
      const isIndexed = typeof contains === 'string' && !lacksTrigram(contains)
      return operandsIn(filter) * (isIndexed ? longTextCost.indexed : longTextCost.other)
    },
    label: (filter) => labelCost * operandsIn(filter),
    openAt: historyCost,
    firstResolvedAt: historyCost,
    everResolvedAt: historyCost,
    everReopenedAt: historyCost,
    firstResponseAt: firstResponseCost,
  }),
)
const indexedFields: ReadonlySet<string> = new Set([
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
const indexedOrders: ReadonlySet<unknown> = new Set(['CREATED_AT', 'UPDATED_AT'])
const indexedProjectOrders: ReadonlySet<unknown> = new Set([...indexedOrders, 'NUMBER'])
/** Divides the costs of lists of one project, which are read by index. */
const projectDivisor = 10

// Costs of lists without their rows, from arguments before coercion.

export const ticketListCost = (args: Arguments) =>
  isOfProject(args['filter']) ? projectTicketListCost(args) : 1 + scanCost(args, indexedOrders)

export const projectTicketListCost = (args: Arguments) => 1 + scanCost(args, indexedProjectOrders) / projectDivisor

/** Cost of `totalCount`. */
export function ticketCountCost(_args: Arguments, { filter }: Arguments, parentType: string): number {
  const divisor = parentType !== 'Query' || isOfProject(filter) ? projectDivisor : 1
  return (countCost + filterCost(filter)) / divisor
}

function scanCost({ filter, orderBy, offset }: Arguments, orders: ReadonlySet<unknown>): number {
  const skipped = typeof offset === 'number' && offset > 0 ? offset / skippedPerPoint : 0
  return filterCost(filter, pageResultsCost) + orderCost(orderBy, orders) + skipped
}

function orderCost(orderBy: unknown, orders: ReadonlySet<unknown>): number {
  const fields = [orderBy ?? []].flat().map((order) => isObject(order) && order['field'])
  if (fields.includes('RELEVANCE')) return relevanceCost
  return fields[0] && !orders.has(fields[0]) ? sortCost : 0
}

/** Cached per object, since a long filter in a variable can be used often. */
export function filterCost(filter: unknown, results = allResultsCost): number {
  if (!isObject(filter)) return 0
  const cachedCosts = results === pageResultsCost ? pageFilterCosts : allFilterCosts
  const cached = cachedCosts.get(filter)
  if (cached !== undefined) return cached
  const comparisons = comparisonsIn(filter)
  const fixedCost = comparisons.some(([name]) => !indexedFields.has(name)) ? fullScanCost : 0
  const cost = comparisons.reduce((sum, [name, operand]) => sum + comparisonCost(name, operand, results), fixedCost)
  cachedCosts.set(filter, cost)
  return cost
}

const pageFilterCosts = new WeakMap<object, number>()
const allFilterCosts = new WeakMap<object, number>()

type Comparison = readonly [name: string, operand: unknown]

function comparisonsIn(filter: unknown): Comparison[] {
  if (Array.isArray(filter)) return filter.flatMap(comparisonsIn)
  if (!isObject(filter)) return []
  return Object.entries(filter).flatMap(([name, operand]): Comparison[] => {
    if (operand === null || operand === undefined) return []
    return connectives.has(name) ? comparisonsIn(operand) : [[name, operand]]
  })
}

function comparisonCost(name: string, operand: unknown, results: typeof pageResultsCost): number {
  if (name === 'search') return typeof operand === 'string' ? searchCost(operand, results) : 0
  const cost = comparisonCosts.get(name) ?? plainCost
  if (typeof cost === 'function') return cost(operand)
  return cost * operandsIn(operand)
}

/** Longer searches are rejected. */
const maxSearchLength = 1000
const searchCost = (search: string, { first, further }: typeof pageResultsCost) =>
  parseSearch(search.slice(0, maxSearchLength)).reduce(
    (sum, terms) =>
      sum + (terms.every(({ text }) => lacksTrigram(text)) ? unindexedTermCost : first) + (terms.length - 1) * further,
    0,
  )

const isOfProject = (filter: unknown) =>
  isObject(filter) && isObject(filter['project']) && typeof filter['project']['eq'] === 'string'
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
