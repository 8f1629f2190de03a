import { useMutation } from '@apollo/client/react'
import { type ChangeEvent, useState } from 'react'
import { Field } from './field.tsx'
import { formErrorsOf } from './form-errors.ts'
import { graphql } from './generated/gql.ts'
import type { ImportIssuesMutation } from './generated/graphql.ts'
import { Issues } from './issues.ts'

const ImportIssues = graphql(`
  mutation ImportIssues($input: ImportTicketsInput!) {
    importTickets(input: $input) {
      import {
        id
        dryRun
        createdCount
        updatedCount
        unchangedCount
        faultCount
        faults(first: 20) { nodes { row column value message } }
      }
    }
  }
`)

/** Uploads a CSV file: as a dry run when it is chosen, and again to import it if it has no errors. */
export function ImportForm({ projectId }: { readonly projectId: string }) {
  const [file, setFile] = useState<File | null>(null)
  const [importIssues, { data, error, loading, reset }] = useMutation(ImportIssues)
  const result = data?.importTickets.import
  const errors = formErrorsOf(error, ['input.file'])
  const upload = (chosen: File, dryRun: boolean) =>
    importIssues({
      variables: { input: { projectId, kind: 'ISSUE', file: chosen, dryRun } },
      refetchQueries: dryRun ? [] : [Issues],
    }).catch(() => {})
  const choose = ({ target: { files } }: ChangeEvent<HTMLInputElement>) => {
    const chosen = files?.[0] ?? null
    setFile(chosen)
    if (chosen) upload(chosen, true)
    else reset()
  }
  return (
    <section className="card" aria-label="Import">
      <h2>Import</h2>
      <Field
        label="CSV file"
        type="file"
        accept=".csv,text/csv"
        onChange={choose}
        disabled={loading}
        error={errors.fields['input.file']}
      />
      <p role="alert">{errors.form}</p>
      <p role="status">{loading ? 'Uploading …' : result && summaryOf(result)}</p>
      {result && result.faultCount > 0 && (
        <ul aria-label="Row errors">
          {result.faults.nodes.map(({ row, column, value, message }) => (
            <li key={`${row} ${column} ${message}`}>
              {row === 0 ? 'Header' : `Row ${row}`}:{' '}
              {[column, value && `“${value}”`, message].filter(Boolean).join(' ')}
            </li>
          ))}
        </ul>
      )}
      {file && result?.dryRun && result.faultCount === 0 && (
        <button type="button" className="primary" disabled={loading} onClick={() => upload(file, false)}>
          Import {result.createdCount + result.updatedCount} issues
        </button>
      )}
    </section>
  )
}

function summaryOf(result: ImportIssuesMutation['importTickets']['import']): string {
  const { dryRun, createdCount, updatedCount, unchangedCount, faultCount } = result
  if (faultCount > 0) return `Errors: ${faultCount}. Correct the file, and choose it again.`
  const counts = `${createdCount} created, ${updatedCount} updated, ${unchangedCount} unchanged`
  return dryRun ? `The import will be: ${counts}.` : `The import is complete: ${counts}.`
}
