import { useApolloClient } from '@apollo/client/react'
import { useState } from 'react'
import { extensionsOf, messageOf } from './apollo/errors.ts'
import { graphql } from './generated/gql.ts'
import type { TicketRowFragment, TicketStatus } from './generated/graphql.ts'

const UpdateStatus = graphql(`
  mutation UpdateStatus($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { ...TicketRow } } }
`)
const Ticket = graphql(`
  query Ticket($id: ID!) { ticket(id: $id) { ...TicketRow } }
`)

/** Changes the status of an issue. `message` reports why the last change failed. */
export function useStatusChange() {
  const client = useApolloClient()
  const [message, setMessage] = useState('')
  const changeStatus = async (issue: TicketRowFragment, status: TicketStatus) => {
    setMessage('')
    try {
      await client.mutate({
        mutation: UpdateStatus,
        variables: { input: { id: issue.id, status, expectedVersion: issue.version } },
        // The cache has this result until the response arrives, or the mutation fails.
        optimisticResponse: {
          updateIssue: {
            __typename: 'UpdateIssuePayload',
            issue: { ...issue, __typename: 'Issue', status, version: issue.version + 1 },
          },
        },
      })
    } catch (error) {
      const { code, fields = [] } = extensionsOf(error)
      if (code !== 'CONFLICT') return setMessage(`${issue.key}: ${messageOf(error)}`)
      const changes = fields.map(({ field, theirs }) => `${field} is now ${theirs}`)
      setMessage(`${issue.key} was changed meanwhile: ${changes.join(', ')}.`)
      await client.query({ query: Ticket, variables: { id: issue.id }, fetchPolicy: 'network-only' }).catch(() => {})
    }
  }
  return { changeStatus, message }
}
