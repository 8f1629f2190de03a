import { existsSync, statSync } from 'node:fs'
import { importField, importFieldKeys } from '../import-file/field.parser.ts'
import { foldName } from '../import-file/name-match.parser.ts'
import { presetKeys } from '../import-file/preset.parser.ts'
import { type ClientOptions, dataOf, withClient } from './client.ts'
import { type CommandContext, UsageError } from './command.ts'
import {
  type ImportResult,
  mustHaveImported,
  printImport,
  printImportJson,
  writeRejectedRows,
} from './import-report.ts'
import { importRequest } from './import-request.ts'
import { showProgress } from './progress.ts'

interface ImportOptions extends ClientOptions {
  readonly project: string
  readonly kind?: string | undefined
  readonly from?: string | undefined
  readonly map?: readonly string[] | undefined
  readonly ignore?: readonly string[] | undefined
  readonly ignoreUnmapped?: true | undefined
  readonly value?: readonly string[] | undefined
  readonly user?: readonly string[] | undefined
  readonly unknownUsers?: string | undefined
  readonly dateFormat?: string | undefined
  readonly dateLocale?: string | undefined
  readonly timeZone: string
  readonly listSeparator?: string | undefined
  readonly truncate?: true | undefined
  readonly createLabels?: true | undefined
  readonly skipFaulty?: true | undefined
  readonly dryRun?: true | undefined
  readonly json?: true | undefined
}

export async function importCommand(file: string, options: ImportOptions, context: CommandContext): Promise<void> {
  if (!existsSync(file)) throw new UsageError(`The file ${file} does not exist.`)
  if (!statSync(file).isFile()) throw new UsageError(`${file} is not a file.`)
  const { map = [], ignore = [], value = [], user = [] } = options
  const input = {
    projectId: options.project,
    kind: enumValue('--kind', options.kind, ['ISSUE', 'DEFECT']),
    preset: enumValue('--from', options.from, presetKeys),
    file: null,
    columns: [...map.map((pair) => parseMapping(pair)), ...ignore.map((column) => ({ from: column, to: 'IGNORE' }))],
    ignoreUnmapped: options.ignoreUnmapped ?? null,
    values: value.map((triple) => parseReplacement(triple)),
    users: user.map((pair) => parseUser(pair)),
    unknownUsers: enumValue('--unknown-users', options.unknownUsers, ['REJECT', 'DESCRIBE']),
    dateFormat: options.dateFormat ?? null,
    dateLocale: options.dateLocale ?? null,
    timeZone: options.timeZone,
    listSeparator: options.listSeparator ?? null,
    truncate: options.truncate ?? false,
    createLabels: options.createLabels ?? false,
    onError: options.skipFaulty ? 'SKIP' : 'REJECT_ALL',
    dryRun: options.dryRun ?? false,
  }
  await withClient(options, context, async (send) => {
    const progress = showProgress(statSync(file).size, context.stderr)
    const response = await send('/graphql', importRequest(file, input, progress.add)).finally(progress.end)
    const { importTickets } = await dataOf<{ importTickets: { import: ImportResult } }>(response)
    const rejectedFile = writeRejectedRows(file, importTickets.import)
    const report = options.json ? printImportJson : printImport
    report({ file, rejectedFile, result: importTickets.import }, context.stdout)
    mustHaveImported(importTickets.import)
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
