import { existsSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { importField, importFieldKeys } from '../import-file/field.parser.ts'
import { foldName } from '../import-file/name-match.ts'
import { clientOptions, dataOf, withClient } from './client.ts'
import { type Command, UsageError } from './command.ts'
import { type ImportResult, reportImport } from './import-report.ts'
import { importRequest } from './import-request.ts'
import { showProgress } from './progress.ts'

export const importCommand: Command = async (args, context) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      project: { type: 'string' },
      kind: { type: 'string' },
      map: { type: 'string', multiple: true, default: [] },
      ignore: { type: 'string', multiple: true, default: [] },
      value: { type: 'string', multiple: true, default: [] },
      'date-format': { type: 'string' },
      'create-labels': { type: 'boolean', default: false },
      'skip-faulty': { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (positionals.length !== 1 || !file)
    throw new UsageError('Specify one file: snaglist import FILE --project KEY --kind KIND.')
  if (!existsSync(file)) throw new UsageError(`The file ${file} does not exist.`)
  if (!values.project) throw new UsageError('Specify the project with --project KEY.')
  const kind = values.kind?.toUpperCase()
  if (kind !== 'ISSUE' && kind !== 'DEFECT')
    throw new UsageError('Specify the kind of the tickets with --kind issue or --kind defect.')
  const input = {
    projectId: values.project,
    kind,
    file: null,
    columns: [
      ...values.map.map((pair) => parseMapping(pair)),
      ...values.ignore.map((column) => ({ from: column, to: 'IGNORE' })),
    ],
    values: values.value.map((triple) => parseReplacement(triple)),
    dateFormat: values['date-format'] ?? null,
    createLabels: values['create-labels'],
    onError: values['skip-faulty'] ? 'SKIP' : 'REJECT_ALL',
    dryRun: values['dry-run'],
  }
  await withClient(values, context, async (send) => {
    const progress = showProgress(statSync(file).size, context.stderr)
    const response = await send('/graphql', importRequest(file, input, progress.add)).finally(progress.end)
    const { importTickets } = await dataOf<{ importTickets: { import: ImportResult } }>(response)
    reportImport(file, importTickets.import, context)
  })
}

function fieldOf(name: string): string {
  const field = importFieldKeys.find((key) => foldName(key) === foldName(name))
  if (!field && foldName(name) !== 'ignore') {
    const fieldNames = importFieldKeys.map((key) => importField(key).name).join(', ')
    throw new UsageError(`"${name}" is not a field. Fields are: ${fieldNames}.`)
  }
  return field ?? 'IGNORE'
}

/** Splits a mapping at its last "=". */
function parseMapping(pair: string): { from: string; to: string } {
  const [, from, to] = /^(.+)=([^=]+)$/s.exec(pair) ?? []
  if (!from || !to) throw new UsageError(`--map must have the form COLUMN=FIELD (got "${pair}").`)
  return { from, to: fieldOf(to) }
}

function parseReplacement(triple: string): { column: string; from: string; to: string } {
  const [, field, from, to] = /^([^:]+):(.+)=([^=]+)$/s.exec(triple) ?? []
  if (!field || !from || !to) throw new UsageError(`--value must have the form FIELD:FROM=TO (got "${triple}").`)
  return { column: fieldOf(field), from, to }
}
