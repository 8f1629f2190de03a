// What lists of tickets cost in points, of which 25,000 are to take two seconds at most: measured on 200,000 tickets.

/** What it costs to count all tickets of a list. */
export const ticketCountCost = 200

/** What a comparison costs that reads every ticket's text. */
const comparisonCosts: Readonly<Record<string, number>> = {
  search: 1500,
  contains: 1200,
  startsWith: 1200,
}
const relevanceCost = 1500
const skippedPerPoint = 50

/** What a list of tickets costs beside its rows, from its arguments as they stand in the document. */
export function ticketListCost({ filter, orderBy, offset }: Readonly<Record<string, unknown>>): number {
  const ranked = JSON.stringify(orderBy ?? null).includes('"RELEVANCE"')
  const skipped = typeof offset === 'number' && offset > 0 ? offset / skippedPerPoint : 0
  return 1 + filterCost(filter) + (ranked ? relevanceCost : 0) + skipped
}

/** What a filter costs, wherever in it texts are compared. */
function filterCost(filter: unknown): number {
  if (typeof filter !== 'object' || filter === null) return 0
  return Object.entries(filter).reduce(
    (sum, [name, value]) => sum + (typeof value === 'string' ? (comparisonCosts[name] ?? 0) : filterCost(value)),
    0,
  )
}

/** What reports cost for the filter that all of them read by. */
export const reportsCost = ({ filter }: Readonly<Record<string, unknown>>) => 2 * filterCost(filter)
