import { existsSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { importField, importFieldKeys } from '../import-file/field.parser.ts'
import { foldName } from '../import-file/name-match.parser.ts'
import { presetKeys } from '../import-file/preset.parser.ts'
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
      from: { type: 'string' },
      map: { type: 'string', multiple: true, default: [] },
      ignore: { type: 'string', multiple: true, default: [] },
      'ignore-unmapped': { type: 'boolean' },
      value: { type: 'string', multiple: true, default: [] },
      user: { type: 'string', multiple: true, default: [] },
      'unknown-users': { type: 'string' },
      'date-format': { type: 'string' },
      'date-locale': { type: 'string' },
      'time-zone': { type: 'string', default: 'UTC' },
      'list-separator': { type: 'string' },
      truncate: { type: 'boolean', default: false },
      'create-labels': { type: 'boolean', default: false },
      'skip-faulty': { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (positionals.length !== 1 || !file) throw new UsageError('Specify one file: snaglist import FILE --project KEY.')
  if (!existsSync(file)) throw new UsageError(`The file ${file} does not exist.`)
  if (!statSync(file).isFile()) throw new UsageError(`${file} is not a file.`)
  if (!values.project) throw new UsageError('Specify the project with --project KEY.')
  const input = {
    projectId: values.project,
    kind: enumValue('--kind', values.kind, ['ISSUE', 'DEFECT']),
    preset: enumValue('--from', values.from, presetKeys),
    file: null,
    columns: [
      ...values.map.map((pair) => parseMapping(pair)),
      ...values.ignore.map((column) => ({ from: column, to: 'IGNORE' })),
    ],
    ignoreUnmapped: values['ignore-unmapped'] ?? null,
    values: values.value.map((triple) => parseReplacement(triple)),
    users: values.user.map((pair) => parseUser(pair)),
    unknownUsers: enumValue('--unknown-users', values['unknown-users'], ['REJECT', 'DESCRIBE']),
    dateFormat: values['date-format'] ?? null,
    dateLocale: values['date-locale'] ?? null,
    timeZone: values['time-zone'],
    listSeparator: values['list-separator'] ?? null,
    truncate: values.truncate,
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

/** Null if the option is absent. */
function enumValue(option: string, text: string | undefined, known: readonly string[]): string | null {
  if (text === undefined) return null
  const value = text.toUpperCase().replaceAll('-', '_')
  if (known.includes(value)) return value
  const names = known.map((name) => name.toLowerCase().replaceAll('_', '-'))
  throw new UsageError(`${option} must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)} (got "${text}").`)
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
  const [, field, from, to] = /^([^:]+):(.+)=([^=]*)$/s.exec(triple) ?? []
  if (!field || !from || to === undefined)
    throw new UsageError(`--value must have the form FIELD:FROM=TO (got "${triple}").`)
  return { column: fieldOf(field), from, to }
}

function parseUser(pair: string): { from: string; to: string } {
  const [, from, to] = /^(.+)=([^=]*)$/s.exec(pair) ?? []
  if (!from || to === undefined) throw new UsageError(`--user must have the form NAME=USERNAME (got "${pair}").`)
  return { from, to }
}
