import { useCallback, useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { BulkBar } from '../bulk/bulk-bar.tsx'
import { graphql } from '../generated/gql.ts'
import { NewTicketButton } from '../ticket/new-ticket.tsx'
import { columns } from './columns.tsx'
import { FilterBar } from './filter-bar.tsx'
import { filterOf, orderOf, searchOf } from './filters.ts'
import { Rows, type Selection } from './rows.tsx'

const ListSummary = graphql(`
  query ListSummary($project: ID!, $filter: TicketFilter!) {
    project(id: $project) {
      id key name
      labels { id name color }
      viewerCan { createTicket importTickets updateTickets }
      tickets(first: 1, filter: $filter) { totalCount }
    }
  }
`)

export function ListPage({ projectKey }: { readonly projectKey: string }) {
  const [params, setParams] = useSearchParams()
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const filter = filterOf(params)
  const search = searchOf(params)
  const [{ data, error }] = useQuery({
    query: ListSummary,
    variables: { project: projectKey, filter },
    requestPolicy: 'cache-and-network',
  })
  const onFilterChange = useCallback(
    (name: string, value: string) => {
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
  const count = project?.tickets.totalCount
  const rowSelection: Selection | null = project?.viewerCan.updateTickets
    ? {
        ids: selection,
        toggle(id) {
          const next = new Set(selection)
          if (!next.delete(id)) next.add(id)
          setSelection(next)
        },
      }
    : null
  const variables = { project: projectKey, filter, orderBy: [...orderOf(params)], search, hasSearch: search !== '' }
  return (
    <main>
      <title>{`${project?.name ?? projectKey} · Snaglist`}</title>
      <div className="title-row">
        <h1>{project?.name ?? '…'}</h1>
        <p className="muted" role="status">
          {count !== undefined && (count === 1 ? '1 ticket' : `${count} tickets`)}
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
      {project && rowSelection && (
        <BulkBar
          filter={{ ...filter, project: { eq: project.id } }}
          totalCount={project.tickets.totalCount}
          selection={selection}
          onDone={() => setSelection(new Set())}
        />
      )}
      <table className="tickets">
        <thead>
          <tr>
            {rowSelection && <th scope="col" aria-label="Selection" />}
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Rows key={params.toString()} variables={variables} after={null} selection={rowSelection} />
        </tbody>
      </table>
      {count === 0 && <p className="muted">No ticket matches the filters.</p>}
    </main>
  )
}
