// What lists of tickets cost in points, of which 25,000 are to take two seconds at most: measured on 200,000 tickets.

/** What it costs to count all tickets of a list. */
export const ticketCountCost = 200

const searchCost = 1500
const relevanceCost = 1500
const skippedPerPoint = 100

/** What a list of tickets costs beside its rows, from its arguments as they stand in the document. */
export function ticketListCost({ filter, orderBy, offset }: Readonly<Record<string, unknown>>): number {
  const ranked = JSON.stringify(orderBy ?? null).includes('"RELEVANCE"')
  const skipped = typeof offset === 'number' && offset > 0 ? offset / skippedPerPoint : 0
  return 1 + searchesIn(filter) * searchCost + (ranked ? relevanceCost : 0) + skipped
}

/** How often a filter searches, wherever in it. */
function searchesIn(filter: unknown): number {
  if (typeof filter !== 'object' || filter === null) return 0
  return Object.entries(filter).reduce(
    (sum, [name, value]) => sum + (name === 'search' && typeof value === 'string' ? 1 : searchesIn(value)),
    0,
  )
}

/** What a report costs on tickets that a filter lets through. */
export const reportCost = ({ filter }: Readonly<Record<string, unknown>>, points: number) =>
  points + searchesIn(filter) * searchCost
