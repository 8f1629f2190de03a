import type { ImportCsvMutation, ImportCsvMutationVariables } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import type { ApiResponse, Client } from './client.ts'

const document = graphql(`
  mutation ImportCsv($input: ImportTicketsInput!) {
    importTickets(input: $input) {
      import {
        id fileName kind dryRun undoneAt rowCount createdCount updatedCount unchangedCount rejectedCount faultCount warningCount rejectedRows
        project { key } actor { username }
        faults(first: 200) { totalCount nodes { row column value message } }
        warnings(first: 200) { nodes { row column value message } }
        columns { name fields }
        preview { row action kind externalKey title status changes { field from to } }
        tickets(first: 200) { totalCount nodes { id key title version } }
      }
    }
  }
`)

export type ImportResult = ImportCsvMutation['importTickets']['import']

export type ImportOptions = Omit<ImportCsvMutationVariables['input'], 'file'>

export function importForm(
  file: string | Uint8Array<ArrayBuffer>,
  input: ImportOptions,
  fileName = 'tickets.csv',
): FormData {
  const form = new FormData()
  form.set('operations', JSON.stringify({ query: document.toString(), variables: { input: { ...input, file: null } } }))
  form.set('map', JSON.stringify({ 0: ['variables.input.file'] }))
  form.set('0', new Blob([file]), fileName)
  return form
}

export async function sendFile(
  client: Client,
  file: string | Uint8Array<ArrayBuffer>,
  input: ImportOptions,
  { fileName, ...init }: RequestInit & { readonly fileName?: string } = {},
): Promise<ApiResponse<ImportCsvMutation>> {
  const response = await client.fetch('/graphql', { method: 'POST', body: importForm(file, input, fileName), ...init })
  return { status: response.status, headers: response.headers, ...((await response.json()) as object) }
}

/** Any error fails the test. */
export async function importCsv(
  client: Client,
  file: string | Uint8Array<ArrayBuffer>,
  input: ImportOptions,
  fileName?: string,
): Promise<ImportResult> {
  const { data, errors } = await sendFile(client, file, input, fileName === undefined ? {} : { fileName })
  if (errors || !data) throw new Error(JSON.stringify({ input, errors }, null, 2))
  return data.importTickets.import
}

export const countsOf = ({ createdCount, updatedCount, unchangedCount, rejectedCount }: ImportResult) => [
  createdCount,
  updatedCount,
  unchangedCount,
  rejectedCount,
]
