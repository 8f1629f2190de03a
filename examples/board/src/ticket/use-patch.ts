import { useRef, useState } from 'react'
import { type CombinedError, useClient } from 'urql'
import { type ApiError, apiError } from '../api/errors.ts'
import { graphql } from '../generated/gql.ts'
import type { TicketDetailsFragment, UpdateIssueInput } from '../generated/graphql.ts'
import { TicketQuery } from './ticket.ts'

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

/** Saves a patch that is based on a version of the ticket. Resolves to false if the user still has to save it. */
export type SavePatch = (patch: Patch, version?: number) => Promise<boolean>

/** A patch that the server rejected because others changed the same fields. The user decides what happens to it. */
export interface Conflict extends NonNullable<ApiError['conflict']> {
  readonly onOverwrite: () => void
  readonly onDiscard: () => void
  /** Neither saves the patch nor discards it. */
  readonly onClose: () => void
}

/**
 * Returns a function that changes a ticket. The cache shows the change before the server responds, and takes it back if
 * the server rejects it. `version` defaults to the version on the page.
 */
export function usePatch(ticket: Pick<TicketDetailsFragment, '__typename' | 'id' | 'key' | 'version'>) {
  const client = useClient()
  const [error, setError] = useState<CombinedError>()
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const lastVersion = useRef(Promise.resolve(ticket.version))

  const send = async (changes: Patch, version: number) => {
    const input = { ...changes, id: ticket.id, expectedVersion: version }
    const { data, error } = await (ticket.__typename === 'Defect'
      ? client.mutation(UpdateDefect, { input })
      : client.mutation(UpdateIssue, { input }))
    const saved = data && ('updateDefect' in data ? data.updateDefect.defect : data.updateIssue.issue)
    return { error, version: saved?.version }
  }

  const patch: SavePatch = async (changes, version) => {
    // A second change must not conflict with the first one of the same user.
    const result = lastVersion.current.then((last) => send(changes, version ?? Math.max(last, ticket.version)))
    lastVersion.current = result.then((sent) => sent.version ?? ticket.version)
    const { error: failure } = await result
    const details = failure ? apiError(failure).conflict : null
    setError(details ? undefined : failure)
    if (!details) return failure === undefined
    client.query(TicketQuery, { id: ticket.key }, { requestPolicy: 'network-only' }).toPromise()
    return new Promise((resolve) => {
      const decide = (isDone: boolean | Promise<boolean>) => {
        setConflict(null)
        resolve(isDone)
      }
      setConflict({
        ...details,
        onOverwrite: () => decide(patch(changes, details.currentVersion)),
        onDiscard: () => decide(true),
        onClose: () => decide(false),
      })
    })
  }
  return { patch, error, conflict }
}
