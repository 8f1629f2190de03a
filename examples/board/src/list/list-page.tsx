import { useCallback, useEffect, useRef, useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { BulkBar } from '../bulk/bulk-bar.tsx'
import { graphql } from '../generated/gql.ts'
import { NewTicketButton } from '../ticket/new-ticket.tsx'
import { columns } from './columns.tsx'
import { FilterBar } from './filter-bar.tsx'
import { filterOf, orderOf, searchOf } from './filters.ts'

const TicketList = graphql(`
  query TicketList(
    $project: ID!
    $filter: TicketFilter!
    $orderBy: [TicketOrder!]!
    $after: String
    $search: String!
    $hasSearch: Boolean!
  ) {
    project(id: $project) {
      id
      key
      name
      labels { id name color }
      viewerCan { createTicket importTickets updateTickets }
      tickets(first: 50, after: $after, filter: $filter, orderBy: $orderBy) {
        totalCount
        nodes { ...TicketRow }
        pageInfo { endCursor hasNextPage }
      }
    }
  }
`)

export function ListPage({ project: projectKey }: { readonly project: string }) {
  const [params, setParams] = useSearchParams()
  const [after, setAfter] = useState<string | null>(null)
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const filter = filterOf(params)
  const search = searchOf(params)
  const [{ data, error, fetching }, reload] = useQuery({
    query: TicketList,
    variables: { project: projectKey, filter, orderBy: [...orderOf(params)], after, search, hasSearch: search !== '' },
    requestPolicy: 'cache-and-network',
  })
  const onFilterChange = useCallback(
    (name: string, value: string) => {
      setAfter(null)
      setSelection(new Set())
      setParams(
        (current) => {
          const next = new URLSearchParams(current)
          if (value === '') next.delete(name)
          else next.set(name, value)
          return next
        },
        { replace: true },
      )
    },
    [setParams],
  )

  const project = data?.project
  if (data && !project)
    return (
      <main>
        <h1>No such project</h1>
      </main>
    )
  const tickets = project?.tickets
  const toggle = (id: string) => {
    const next = new Set(selection)
    if (!next.delete(id)) next.add(id)
    setSelection(next)
  }
  const canUpdate = project?.viewerCan.updateTickets ?? false
  return (
    <main className="list-page">
      <title>{`${project?.name ?? projectKey} · Snaglist`}</title>
      <div className="title-row">
        <h1>{project?.name ?? '…'}</h1>
        <p className="muted" role="status">
          {tickets && (tickets.totalCount === 1 ? '1 ticket' : `${tickets.totalCount} tickets`)}
        </p>
        <div className="actions">
          {project?.viewerCan.importTickets && (
            <Link href={`/projects/${project.key}/import`} className="button">
              Import
            </Link>
          )}
          {project?.viewerCan.createTicket && <NewTicketButton projectId={project.id} />}
        </div>
      </div>
      <FilterBar params={params} onChange={onFilterChange} labels={project?.labels ?? []} />
      <ErrorMessage error={error} />
      {project && tickets && canUpdate && (
        <BulkBar
          filter={{ ...filter, project: { eq: project.id } }}
          totalCount={tickets.totalCount}
          selection={selection}
          onDone={() => {
            setSelection(new Set())
            setAfter(null)
            reload({ requestPolicy: 'network-only' })
          }}
        />
      )}
      {tickets && (
        <table className="tickets" aria-busy={fetching}>
          <thead>
            <tr>
              {canUpdate && (
                <th>
                  <span className="hidden">Selection</span>
                </th>
              )}
              {columns.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tickets.nodes.map((ticket) => (
              <tr key={ticket.id}>
                {canUpdate && (
                  <td className="selection">
                    <input
                      type="checkbox"
                      aria-label={`Select ${ticket.key}`}
                      checked={selection.has(ticket.id)}
                      onChange={() => toggle(ticket.id)}
                    />
                  </td>
                )}
                {columns.map(({ name, cell }) => (
                  <td key={name} className={name.toLowerCase()}>
                    {cell(ticket)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tickets?.totalCount === 0 && <p className="empty">No ticket matches the filters.</p>}
      {tickets?.pageInfo.hasNextPage && (
        <LoadMore key={tickets.pageInfo.endCursor} onVisible={() => setAfter(tickets.pageInfo.endCursor ?? null)} />
      )}
    </main>
  )
}

/** Loads the next page when it comes near the visible part of the page. */
function LoadMore({ onVisible }: { readonly onVisible: () => void }) {
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
