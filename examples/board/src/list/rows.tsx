import { useState } from 'react'
import { useQuery } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import type { TicketListQueryVariables } from '../generated/graphql.ts'
import { columns } from './columns.tsx'
import { TicketList } from './documents.ts'
import { NewTickets } from './new-tickets.tsx'

/** The selected tickets by id. */
interface Selection {
  readonly ids: ReadonlySet<string>
  readonly toggle: (id: string) => void
}

interface Props {
  readonly variables: Omit<TicketListQueryVariables, 'after'>
  /** Cursor of the last row of the previous page, or null for the first page. */
  readonly after: string | null
  /** Null if the user may not change the tickets. */
  readonly selection: Selection | null
  /** Loads the list again. */
  readonly onReload: () => void
}

/**
 * The rows of a page, followed by those of the next page once the user has scrolled to them. Each page begins at the end of
 * the previous one, so that no ticket is missing or repeated after pages were loaded again.
 */
export function Rows(props: Props) {
  const { variables, after, selection, onReload } = props
  const [hasNext, setHasNext] = useState(false)
  const [{ data, error, fetching, stale }, reload] = useQuery({
    query: TicketList,
    variables: { ...variables, after },
    requestPolicy: 'cache-and-network',
  })
  const tickets = data?.project?.tickets
  const columnCount = columns.length + (selection ? 1 : 0)
  return (
    <>
      {data?.project && after === null && (
        <NewTickets
          variables={variables}
          projectId={data.project.id}
          cursor={fetching || stale ? null : data.project.tickets.changesCursor}
          columnCount={columnCount}
          onReload={onReload}
        />
      )}
      {tickets?.nodes.map((ticket) => (
        <tr key={ticket.id}>
          {selection && (
            <td className="column-selection">
              <input
                type="checkbox"
                aria-label={`Select ${ticket.key}`}
                checked={selection.ids.has(ticket.id)}
                onChange={() => selection.toggle(ticket.id)}
              />
            </td>
          )}
          {columns.map(({ name, cell }) => (
            <td key={name} className={`column-${name.toLowerCase()}`}>
              {cell(ticket)}
            </td>
          ))}
        </tr>
      ))}
      {error && !fetching && (
        <tr>
          <td colSpan={columnCount}>
            <ErrorMessage error={error} />
            <button type="button" onClick={() => reload({ requestPolicy: 'network-only' })}>
              Try again
            </button>
          </td>
        </tr>
      )}
      {tickets?.pageInfo.hasNextPage &&
        (hasNext ? (
          <Rows {...props} after={tickets.pageInfo.endCursor ?? null} />
        ) : (
          <tr>
            <td colSpan={columnCount}>
              <NextPageButton onVisible={() => setHasNext(true)} />
            </td>
          </tr>
        ))}
    </>
  )
}

/** Loads the next page when it comes near the visible part of the page. */
function NextPageButton({ onVisible }: { readonly onVisible: () => void }) {
  const observe = (button: HTMLButtonElement) => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onVisible(), {
      rootMargin: '600px',
    })
    observer.observe(button)
    return () => observer.disconnect()
  }
  return (
    <button type="button" ref={observe} onClick={onVisible}>
      Load more
    </button>
  )
}
