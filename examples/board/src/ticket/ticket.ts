import { graphql } from '../generated/gql.ts'
import type { TicketQuery as Data } from '../generated/graphql.ts'

/** All that the page of a ticket displays. Mutations return it, so that the page is up to date after a change. */
export const TicketDetails = graphql(`
  fragment TicketDetails on Ticket {
    __typename id key version title description status resolution priority createdAt
    reporter { id name }
    assignee { id name username }
    labels { id name color }
    viewerCan { update assign comment }
    ... on Defect { category subcategory severity disposition absn }
    comments(first: 200) { totalCount nodes { ...ThreadComment } }
    history(first: 30) { nodes { id version at actor { id name } changes { field from to } } }
  }
`)

/** A list, because its `changesCursor` is that of the statement that reads the ticket. */
export const TicketQuery = graphql(`
  query Ticket($id: ID!) {
    tickets(filter: { id: { eq: $id }, archived: null }, first: 1) {
      nodes {
        ...TicketDetails
        project { id key name labels { id name color } }
      }
      changesCursor
    }
  }
`)

export const TicketChanges = graphql(`
  subscription TicketChanges($filter: TicketFilter!, $after: String!) {
    changes(filter: $filter, after: $after) { cursor caughtUp changes { id } }
  }
`)

export type TicketData = Data['tickets']['nodes'][number]
