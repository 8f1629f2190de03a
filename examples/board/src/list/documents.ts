import type { Client } from 'urql'
import { graphql } from '../generated/gql.ts'
import type { TicketListQueryVariables } from '../generated/graphql.ts'

export const ListSummary = graphql(`
  query ListSummary($project: ID!, $filter: TicketFilter!) {
    project(id: $project) {
      id key name
      labels { id name color }
      viewerCan { createTicket importTickets updateTickets }
      tickets(first: 1, filter: $filter) { totalCount }
    }
  }
`)

export const TicketList = graphql(`
  query TicketList(
    $project: ID!, $filter: TicketFilter!, $orderBy: [TicketOrder!]!, $after: String, $search: String!, $hasSearch: Boolean!
  ) {
    project(id: $project) {
      id
      tickets(first: 50, after: $after, filter: $filter, orderBy: $orderBy) {
        nodes { ...TicketRow }
        pageInfo { endCursor hasNextPage }
        changesCursor
      }
    }
  }
`)

export const ListChanges = graphql(`
  subscription ListChanges($filter: TicketFilter!, $after: String!, $search: String!, $hasSearch: Boolean!) {
    changes(filter: $filter, after: $after) {
      cursor caughtUp
      changes { id type source ticketId matches ticket { ...TicketRow } }
    }
  }
`)

/** The ids of the tickets on the page after a cursor and the following pages, as far as they are in the cache. */
export function cachedIds(client: Client, variables: TicketListQueryVariables): string[] {
  const tickets = client.readQuery(TicketList, variables, { requestPolicy: 'cache-only' })?.data?.project?.tickets
  if (!tickets) return []
  const { endCursor: after, hasNextPage } = tickets.pageInfo
  const ids = tickets.nodes.map(({ id }) => id)
  return hasNextPage && after ? [...ids, ...cachedIds(client, { ...variables, after })] : ids
}
