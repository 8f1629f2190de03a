import { useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { BulkBar } from '../bulk/bulk-bar.tsx'
import { countText } from '../count-text.ts'
import { NewTicketButton } from '../ticket/new-ticket.tsx'
import { columns } from './columns.tsx'
import { ListSummary } from './documents.ts'
import { FilterBar } from './filter-bar.tsx'
import { filterOf, orderOf, searchOf } from './filters.ts'
import { Rows } from './rows.tsx'

export function ListPage({ projectKey }: { readonly projectKey: string }) {
  const [params, setParams] = useSearchParams()
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const [revision, setRevision] = useState(0)
  const filter = filterOf(params)
  const search = searchOf(params)
  const [{ data, error }] = useQuery({
    query: ListSummary,
    variables: { project: projectKey, filter },
    requestPolicy: 'cache-and-network',
  })
  const onFilterChange = (name: string, value: string) => {
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
  }
  const project = data?.project
  if (data && !project)
    return (
      <main>
        <h1>No such project</h1>
      </main>
    )
  const count = project?.tickets.totalCount
  const toggle = (id: string) => setSelection(selection.symmetricDifference(new Set([id])))
  const rowSelection = project?.viewerCan.updateTickets ? { ids: selection, toggle } : null
  const variables = { project: projectKey, filter, orderBy: [...orderOf(params)], search, hasSearch: search !== '' }
  return (
    <main>
      <title>{`${project?.name ?? projectKey} · Snaglist`}</title>
      <div className="title-row">
        <h1>{project?.name ?? '…'}</h1>
        <p className="muted" role="status">
          {count !== undefined && countText(count, 'ticket')}
        </p>
        <div className="buttons">
          {project?.viewerCan.importTickets && (
            <Link href={`/projects/${project.key}/import`} className="button">
              Import
            </Link>
          )}
          {project?.viewerCan.createTicket && <NewTicketButton projectId={project.id} />}
        </div>
      </div>
      <FilterBar params={params} onChange={onFilterChange} labels={project?.labels.map(({ name }) => name) ?? []} />
      <ErrorMessage error={error} />
      {project && rowSelection && (
        <BulkBar
          filter={{ ...filter, project: { eq: project.id } }}
          totalCount={project.tickets.totalCount}
          selection={selection}
          onDone={() => setSelection(new Set())}
        />
      )}
      <table className="card tickets">
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
          <Rows
            key={`${params} ${revision}`}
            variables={variables}
            after={null}
            selection={rowSelection}
            onReload={() => setRevision(revision + 1)}
          />
        </tbody>
      </table>
      {count === 0 && <p className="muted">No ticket matches the filters.</p>}
    </main>
  )
}
