import { graphql } from './generated/gql.ts'
import type { IssueChangesSubscription, IssuesQuery } from './generated/graphql.ts'

export const Issues = graphql(`
  query Issues($projectId: ID!, $filter: IssueFilter, $after: String) {
    project(id: $projectId) {
      id
      issues(filter: $filter, first: 20, after: $after) {
        totalCount
        edges { node { ...TicketRow } }
        pageInfo { hasNextPage endCursor }
        changesCursor
      }
    }
  }
  fragment TicketRow on Ticket { id key title status priority version assignee { id name } viewerCan { update } }
`)

export const IssueChanges = graphql(`
  subscription IssueChanges($filter: TicketFilter!, $after: String!) {
    changes(filter: $filter, after: $after) {
      cursor
      caughtUp
      changes { type source ticketId matches ticket { ...TicketRow } }
    }
  }
`)

type IssueConnection = NonNullable<IssuesQuery['project']>['issues']
export type Change = IssueChangesSubscription['changes']['changes'][number]

/** The list after changes: without issues that no longer match, and with new ones at the top, since the newest are first. */
export function withChanges(issues: IssueConnection, changes: readonly Change[]): IssueConnection {
  let { edges, totalCount } = issues
  for (const { type, source, matches, ticketId, ticket } of changes) {
    // Ids sort by the time of creation. Imported issues may have been created earlier.
    const isNew = type === 'TICKET_CREATED' && source === 'API' && edges.every(({ node }) => node.id < ticketId)
    if (!matches) {
      const others = edges.filter(({ node }) => node.id !== ticketId)
      totalCount -= edges.length - others.length
      edges = others
    } else if (isNew && ticket?.__typename === 'Issue') {
      totalCount++
      edges = [{ __typename: 'IssueEdge', node: ticket }, ...edges]
    }
  }
  return { ...issues, edges, totalCount }
}
