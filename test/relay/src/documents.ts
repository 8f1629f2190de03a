import { graphql } from 'react-relay'

// relay-compiler reads these documents. The program imports its artifacts, so that it needs no plugin of Babel.

export const documents = () => [
  graphql`
    mutation SignInMutation($input: SignInInput!) {
      signIn(input: $input) {
        token
      }
    }
  `,
  graphql`
    query ProjectQuery($id: ID!, $issueId: ID!) {
      project(id: $id) {
        ...IssueList_project
      }
      issue(id: $issueId) {
        ...Comments_issue
        ...Summary_ticket
      }
    }
  `,
  graphql`
    fragment IssueList_project on Project
    @refetchable(queryName: "IssueListPaginationQuery")
    @argumentDefinitions(
      first: { type: "Int", defaultValue: 15 }
      after: { type: "String" }
      filter: { type: "IssueFilter" }
    ) {
      issues(first: $first, after: $after, filter: $filter) @connection(key: "IssueList_issues") {
        __id
        edges {
          node {
            key
          }
        }
      }
    }
  `,
  graphql`
    fragment Comments_issue on Issue
    @refetchable(queryName: "CommentsPaginationQuery")
    @argumentDefinitions(last: { type: "Int", defaultValue: 2 }, before: { type: "String" }) {
      comments(last: $last, before: $before) @connection(key: "Comments_comments") {
        __id
        edges {
          node {
            id
            body
          }
        }
      }
    }
  `,
  graphql`
    fragment Summary_ticket on Ticket @refetchable(queryName: "SummaryRefetchQuery") {
      key
      title
      version
    }
  `,
  graphql`
    mutation CreateIssueMutation($input: CreateIssueInput!, $connections: [ID!]!) {
      createIssue(input: $input) {
        issueEdge @prependEdge(connections: $connections) {
          cursor
          node {
            id
            key
          }
        }
      }
    }
  `,
  graphql`
    mutation AddCommentMutation($input: AddCommentInput!, $connections: [ID!]!) {
      addComment(input: $input) {
        commentEdge @appendEdge(connections: $connections) {
          cursor
          node {
            id
            body
          }
        }
      }
    }
  `,
  graphql`
    mutation DeleteCommentMutation($input: DeleteCommentInput!, $connections: [ID!]!) {
      deleteComment(input: $input) {
        deletedCommentId @deleteEdge(connections: $connections)
      }
    }
  `,
]
