import { useState } from 'react'
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
  const patch: SavePatch = async (changes, version = ticket.version) => {
    const input = { ...changes, id: ticket.id, expectedVersion: version }
    const result =
      ticket.__typename === 'Defect'
        ? await client.mutation(UpdateDefect, { input })
        : await client.mutation(UpdateIssue, { input })
    const isConflict = result.error !== undefined && apiError(result.error).conflict !== null
    setError(isConflict ? undefined : result.error)
    setConflict(isConflict && result.error ? { patch: changes, error: result.error } : null)
    // The dialog of a conflict has the values of the user.
    return result.error === undefined || isConflict
  }
  return { patch, error, conflict, dismissConflict: () => setConflict(null) }
}
