import { useRef, useState } from 'react'
import { useClient } from 'urql'
import { countText } from '../count-text.ts'
import type { ListChangesSubscription, TicketListQueryVariables } from '../generated/graphql.ts'
import { useChanges } from '../live/use-changes.ts'
import { cachedIds, ListChanges, ListSummary } from './documents.ts'

interface Props {
  readonly variables: TicketListQueryVariables
  readonly projectId: string
  /** The `changesCursor` of the list, or null while it is loaded. */
  readonly cursor: string | null
  readonly columnCount: number
  /** Loads the list again. */
  readonly onReload: () => void
}

/** Follows the changes of a list. A row offers those whose position in the list only the server knows. */
export function NewTickets({ variables, projectId, cursor, columnCount, onReload }: Props) {
  const client = useClient()
  const [unlisted, setUnlisted] = useState<ReadonlySet<string>>(new Set())
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const { project, filter, search, hasSearch } = variables

  const onChanges = (changes: ListChangesSubscription['changes']['changes'], areNew: boolean) => {
    const listed = cachedIds(client, variables)
    const added = changes.filter(({ matches, ticketId }) => areNew && matches && !listed.includes(ticketId))
    setUnlisted((previous) => {
      const others = [...previous].filter((id) => !changes.some(({ ticketId }) => ticketId === id))
      return new Set([...others, ...added.map(({ ticketId }) => ticketId)])
    })
    // Counts once for the changes of half a second.
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      client.query(ListSummary, { project, filter }, { requestPolicy: 'network-only' }).toPromise()
    }, 500)
  }
  useChanges({
    query: ListChanges,
    variables: { filter: { ...filter, project: { eq: projectId } }, search, hasSearch },
    cursor,
    onChanges,
    onExpired: onReload,
  })
  if (unlisted.size === 0) return null
  return (
    <tr>
      <td colSpan={columnCount} role="status">
        <button type="button" className="link" onClick={onReload}>
          Show {countText(unlisted.size, 'new or changed ticket')}
        </button>
      </td>
    </tr>
  )
}
