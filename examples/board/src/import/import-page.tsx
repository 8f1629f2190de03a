import { type ChangeEvent, useState } from 'react'
import { useMutation } from 'urql'
import { Link } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { countText } from '../count-text.ts'
import { EnumSelect } from '../enum-select.tsx'
import { graphql } from '../generated/gql.ts'
import type { ImportSummaryFragment, TicketKind } from '../generated/graphql.ts'
import { kinds } from '../list/filters.ts'

export const ImportSummary = graphql(`
  fragment ImportSummary on Import {
    id dryRun rowCount createdCount updatedCount unchangedCount rejectedCount faultCount
    faults(first: 100) { nodes { row column value message } }
    warnings(first: 100) { nodes { row column value message } }
  }
`)

const ImportTickets = graphql(`
  mutation ImportTickets($input: ImportTicketsInput!) {
    importTickets(input: $input) { import { ...ImportSummary } }
  }
`)

/** Imports a CSV file. Each file is checked by a dry run first, which lists its errors by row. */
export function ImportPage({ projectKey }: { readonly projectKey: string }) {
  const [kind, setKind] = useState<TicketKind>('ISSUE')
  const [file, setFile] = useState<File | null>(null)
  const [{ data, error, fetching }, importTickets] = useMutation(ImportTickets)
  const summary = error ? undefined : data?.importTickets.import
  const run = (upload: File, uploadKind: TicketKind, dryRun: boolean) =>
    importTickets({ input: { projectId: projectKey, file: upload, kind: uploadKind, dryRun } })
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const chosen = target.files?.[0] ?? null
    setFile(chosen)
    if (chosen) run(chosen, kind, true)
  }
  const chooseKind = (chosen: TicketKind) => {
    setKind(chosen)
    if (file) run(file, chosen, true)
  }
  return (
    <main>
      <title>{`Import · ${projectKey} · Snaglist`}</title>
      <p className="muted">
        <Link href={`/projects/${projectKey}`}>{projectKey}</Link> / Import
      </p>
      <h1>Import tickets</h1>
      <div className="card stack">
        <EnumSelect title="Kind of tickets" values={kinds} value={kind} disabled={fetching} onChange={chooseKind} />
        <label>
          CSV file
          {/* The same file can be chosen again after it was corrected. */}
          <input
            type="file"
            disabled={fetching}
            accept=".csv,text/csv"
            onClick={({ currentTarget }) => {
              currentTarget.value = ''
            }}
            onChange={choose}
          />
        </label>
        <ErrorMessage error={error} />
        <div role="status">
          {fetching && <p>Uploading…</p>}
          {summary && !fetching && <Summary summary={summary} />}
        </div>
        {file && summary?.dryRun && summary.faultCount === 0 && (
          <button type="button" className="primary" disabled={fetching} onClick={() => run(file, kind, false)}>
            Import {countText(summary.rowCount, 'row')}
          </button>
        )}
      </div>
    </main>
  )
}

function Summary({ summary }: { readonly summary: ImportSummaryFragment }) {
  const { dryRun, rowCount, createdCount, updatedCount, unchangedCount, rejectedCount, faults, warnings } = summary
  return (
    <>
      <p>
        {dryRun ? 'The import would create' : 'The import created'} {countText(createdCount, 'ticket')},{' '}
        {dryRun ? 'update' : 'updated'} {updatedCount} and keep {unchangedCount} unchanged. {rejectedCount} of{' '}
        {countText(rowCount, 'row')} {rejectedCount === 1 ? 'has' : 'have'} errors.
      </p>
      <RowErrors title="Errors" faults={faults.nodes} />
      <RowErrors title="Warnings" faults={warnings.nodes} />
    </>
  )
}

interface RowErrorsProps {
  readonly title: string
  readonly faults: ImportSummaryFragment['faults']['nodes']
}

const RowErrors = ({ title, faults }: RowErrorsProps) =>
  faults.length > 0 && (
    <div className="scroll">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">Column</th>
            <th scope="col">Value</th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          {faults.map(({ row, column, value, message }, index) => (
            // A row can have several errors.
            <tr key={index}>
              <td>{row}</td>
              <td>{column}</td>
              <td>{value}</td>
              <td>{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
