import { useRef, useState } from 'react'
import { type CombinedError, useClient } from 'urql'
import { apiError } from '../api/errors.ts'
import { graphql } from '../generated/gql.ts'
import type { TicketDetailsFragment, UpdateIssueInput } from '../generated/graphql.ts'

const UpdateIssue = graphql(`
  mutation UpdateIssue($input: UpdateIssueInput!) {
    updateIssue(input: $input) { issue { ...TicketDetails } }
  }
`)

const UpdateDefect = graphql(`
  mutation UpdateDefect($input: UpdateDefectInput!) {
    updateDefect(input: $input) { defect { ...TicketDetails } }
  }
`)

/** Fields to change. The version of the ticket that the user saw is added. */
export type Patch = Omit<UpdateIssueInput, 'id' | 'expectedVersion'>

/** Saves a patch that is based on a version of the ticket, and resolves to true unless it failed. */
export type SavePatch = (patch: Patch, version?: number) => Promise<boolean>

/** A patch that the server rejected because others changed the same fields. */
export interface Conflict {
  readonly patch: Patch
  readonly error: CombinedError
}

/**
 * Returns a function that changes a ticket. The cache shows the change before the server responds, and takes it back if
 * the server rejects it. `version` defaults to the version on the page.
 */
export function usePatch(ticket: Pick<TicketDetailsFragment, '__typename' | 'id' | 'version'>) {
  const client = useClient()
  const [error, setError] = useState<CombinedError>()
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const lastVersion = useRef(Promise.resolve(ticket.version))

  const send = async (changes: Patch, version: number) => {
    const input = { ...changes, id: ticket.id, expectedVersion: version }
    if (ticket.__typename === 'Defect') {
      const result = await client.mutation(UpdateDefect, { input })
      return { error: result.error, version: result.data?.updateDefect.defect.version }
    }
    const result = await client.mutation(UpdateIssue, { input })
    return { error: result.error, version: result.data?.updateIssue.issue.version }
  }

  const patch: SavePatch = async (changes, version) => {
    // A second change must not conflict with the first one of the same user.
    const result = lastVersion.current.then((last) => send(changes, version ?? Math.max(last, ticket.version)))
    lastVersion.current = result.then((sent) => sent.version ?? ticket.version)
    const { error: failure } = await result
    const isConflict = failure !== undefined && apiError(failure).conflict !== null
    setError(isConflict ? undefined : failure)
    if (isConflict) setConflict({ patch: changes, error: failure })
    // The dialog of a conflict has the values of the user.
    return failure === undefined || isConflict
  }
  return { patch, error, conflict, dismissConflict: () => setConflict(null) }
}
