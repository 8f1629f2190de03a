import type { UpdateResolver } from '@urql/exchange-graphcache'
import { stringifyVariables } from 'urql'
import type { ListChangesSubscription, ListChangesSubscriptionVariables, TicketOrder } from '../generated/graphql.ts'

/**
 * Applies changes to the lists with the filter of their subscription: removes the tickets that no longer match, and adds
 * new ones to the newest. The cache has updated the tickets themselves.
 */
export const updateLists: UpdateResolver<ListChangesSubscription, ListChangesSubscriptionVariables> = (
  { changes: { changes } },
  { filter: { project, ...filter } },
  cache,
) => {
  const projectKey = cache.keyOfEntity({ __typename: 'Project', id: project?.eq ?? null })
  for (const { fieldName, fieldKey, arguments: args } of cache.inspectFields(projectKey)) {
    if (fieldName !== 'tickets' || stringifyVariables(args?.['filter']) !== stringifyVariables(filter)) continue
    const list = cache.resolve(projectKey, fieldKey) as string
    let keys = (cache.resolve(list, 'nodes') ?? []) as string[]
    const [order] = (args?.['orderBy'] ?? []) as TicketOrder[]
    const isTop = !args?.['after'] && order?.field === 'CREATED_AT' && order.direction === 'DESC'
    for (const { type, source, matches, ticketId, ticket } of changes) {
      // Imported tickets may have been created earlier.
      const isNew = type === 'TICKET_CREATED' && source === 'API' && keys.every((key) => idIn(key) < ticketId)
      if (!matches) keys = keys.filter((key) => idIn(key) !== ticketId)
      else if (isTop && isNew && ticket) keys = [cache.keyOfEntity(ticket) as string, ...keys]
    }
    cache.link(list, 'nodes', keys)
  }
}

/** Ids sort by the time of creation. */
const idIn = (key: string) => key.slice(key.indexOf(':') + 1)
