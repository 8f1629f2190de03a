import { graphql } from '../generated/gql.ts'

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
    history(first: 30) { nodes { id at actor { id name } changes { field from to } } }
  }
`)

export const TicketQuery = graphql(`
  query Ticket($id: ID!) {
    ticket(id: $id) {
      ...TicketDetails
      project { id key name labels { id name color } }
    }
  }
`)
