import { useEffect, useRef, useState } from 'react'
import { useQuery } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { graphql } from '../generated/gql.ts'
import type { TicketListQueryVariables } from '../generated/graphql.ts'
import { columns } from './columns.tsx'

const TicketList = graphql(`
  query TicketList(
    $project: ID!, $filter: TicketFilter!, $orderBy: [TicketOrder!]!, $after: String, $search: String!, $hasSearch: Boolean!
  ) {
    project(id: $project) {
      id
      tickets(first: 50, after: $after, filter: $filter, orderBy: $orderBy) {
        nodes { ...TicketRow }
        pageInfo { endCursor hasNextPage }
      }
    }
  }
`)

/** The selected tickets by id. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly toggle: (id: string) => void
}

interface Props {
  readonly variables: Omit<TicketListQueryVariables, 'after'>
  /** Cursor of the last row of the previous page, or null for the first page. */
  readonly after: string | null
  /** Null if the user may not change the tickets. */
  readonly selection: Selection | null
}

/**
 * The rows of a page, followed by those of the next page once the user has scrolled to them. Each page begins at the end of
 * the previous one, so that no ticket is missing or repeated after pages were loaded again.
 */
export function Rows({ variables, after, selection }: Props) {
  const [hasNext, setHasNext] = useState(false)
  const [{ data, error, fetching }, reload] = useQuery({
    query: TicketList,
    variables: { ...variables, after },
    requestPolicy: 'cache-and-network',
  })
  const tickets = data?.project?.tickets
  const columnCount = columns.length + (selection ? 1 : 0)
  return (
    <>
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
          <Rows variables={variables} after={tickets.pageInfo.endCursor ?? null} selection={selection} />
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
  const element = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onVisible(), {
      rootMargin: '600px',
    })
    if (element.current) observer.observe(element.current)
    return () => observer.disconnect()
  }, [onVisible])
  return (
    <button type="button" ref={element} onClick={onVisible}>
      Load more
    </button>
  )
}
