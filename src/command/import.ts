import { existsSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { importField, importFieldKeys } from '../import-file/field.parser.ts'
import { foldName } from '../import-file/name-match.ts'
import { clientOptions, dataOf, withClient } from './client.ts'
import { type Command, UsageError } from './command.ts'
import { type Imported, reportImport } from './import-report.ts'
import { importRequest } from './import-request.ts'
import { showProgress } from './progress.ts'

/** Imports a file, shows how far it is, and tells what became of it. */
export const importCommand: Command = async (args, io) => {
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
    throw new UsageError('Say which file: snaglist import FILE --project KEY --kind KIND.')
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`)
  if (!values.project) throw new UsageError('Say into which project: --project KEY.')
  const kind = values.kind?.toUpperCase()
  if (kind !== 'ISSUE' && kind !== 'DEFECT')
    throw new UsageError('Say what its rows are: --kind issue, or --kind defect.')
  const input = {
    projectId: values.project,
    kind,
    file: null,
    columns: [
      ...values.map.map((pair) => mapping(pair)),
      ...values.ignore.map((column) => ({ from: column, to: 'IGNORE' })),
    ],
    values: values.value.map((triple) => meaning(triple)),
    dateFormat: values['date-format'] ?? null,
    createLabels: values['create-labels'],
    onError: values['skip-faulty'] ? 'SKIP' : 'REJECT_ALL',
    dryRun: values['dry-run'],
  }
  await withClient(values, io, async (ask) => {
    const progress = showProgress(statSync(file).size, io.stderr)
    const response = await ask('/graphql', importRequest(file, input, progress.add)).finally(progress.end)
    const { importTickets } = await dataOf<{ importTickets: { import: Imported } }>(response)
    reportImport(file, importTickets.import, io)
  })
}

function fieldOf(name: string): string {
  const field = importFieldKeys.find((key) => foldName(key) === foldName(name))
  if (!field && foldName(name) !== 'ignore') {
    const known = importFieldKeys.map((word) => importField(word).name).join(', ')
    throw new UsageError(`There is no field ${name}. Columns go to: ${known}.`)
  }
  return field ?? 'IGNORE'
}

/** A column and the field it goes to: the last "=" divides them. */
function mapping(pair: string): { from: string; to: string } {
  const [, from, to] = /^(.+)=([^=]+)$/s.exec(pair) ?? []
  if (!from || !to) throw new UsageError(`--map ${pair} is not of the form COLUMN=FIELD.`)
  return { from, to: fieldOf(to) }
}

function meaning(triple: string): { column: string; from: string; to: string } {
  const [, field, from, to] = /^([^:]+):(.+)=([^=]+)$/s.exec(triple) ?? []
  if (!field || !from || !to) throw new UsageError(`--value ${triple} is not of the form FIELD:FROM=TO.`)
  return { column: fieldOf(field), from, to }
}
