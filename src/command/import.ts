import { createReadStream, existsSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { importField, importFieldKeys as importFieldWords } from '../import-file/field.parser.ts'
import { foldName as folded } from '../import-file/name-match.ts'
import { clientOptions, dataOf, withClient } from './client.ts'
import { CommandFailed, UsageError } from './command.ts'
import { showProgress } from './progress.ts'

export const importUsage = `  import FILE              import tickets from a CSV file; docs/importing.md tells how
        --project KEY      into which project
        --kind KIND        issue or defect
        [--map FROM=TO]    a column and the field it goes to, such as issuekey=externalKey; again for each
        [--ignore COLUMN]  a column to leave out; again for each
        [--value FIELD:FROM=TO]  what a word stands for, such as severity:Moderate=MAJOR; again for each
        [--date-format F]  how dates are written, such as M/D/YYYY, when not in ISO 8601
        [--create-labels]  make labels that the project does not have
        [--skip-faulty]    import the good rows, and write the others beside the file
        [--dry-run]        tell what would happen
`

const document = `
  mutation Import($input: ImportTicketsInput!) {
    importTickets(input: $input) {
      import {
        id dryRun rowCount createdCount updatedCount unchangedCount rejectedCount faultCount rejectedRows
        faults(first: 100) { nodes { row column value message } }
      }
    }
  }`

interface Imported {
  readonly id: string
  readonly dryRun: boolean
  readonly rowCount: number
  readonly createdCount: number
  readonly updatedCount: number
  readonly unchangedCount: number
  readonly rejectedCount: number
  readonly faultCount: number
  readonly rejectedRows: string | null
  readonly faults: {
    readonly nodes: readonly {
      readonly row: number
      readonly column: string | null
      readonly value: string | null
      readonly message: string
    }[]
  }
}

/** Imports a file, shows how far it is, and tells what became of it. */
export async function importCommand(args: string[]): Promise<void> {
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
  await withClient(values, async (ask) => {
    const progress = showProgress(statSync(file).size)
    const response = await ask('/graphql', multipart(file, input, progress.add)).finally(progress.end)
    const { importTickets } = await dataOf<{ importTickets: { import: Imported } }>(response)
    report(file, importTickets.import)
  })
}

function fieldOf(name: string): string {
  const field = importFieldWords.find((word) => folded(word) === folded(name))
  if (!field && folded(name) !== 'ignore') {
    const known = importFieldWords.map((word) => importField(word).name).join(', ')
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

/** A multipart request whose file is read as it is sent. */
function multipart(file: string, input: object, sent: (bytes: number) => void): RequestInit {
  const boundary = `snaglist-${crypto.randomUUID()}`
  const part = (name: string, rest: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${rest}\r\n\r\n`
  const fileName = basename(file).replaceAll(/["\r\n]/g, '_')
  async function* body() {
    yield `${part('operations', '')}${JSON.stringify({ query: document, variables: { input } })}\r\n`
    yield `${part('map', '')}{"0":["variables.input.file"]}\r\n`
    yield `${part('0', `; filename="${fileName}"\r\ncontent-type: text/csv`)}`
    for await (const chunk of createReadStream(file)) {
      yield chunk
      sent(chunk.length)
    }
    yield `\r\n--${boundary}--\r\n`
  }
  return {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Readable.toWeb(Readable.from(body())) as BodyInit,
    duplex: 'half',
  } as RequestInit
}

function report(file: string, done: Imported): void {
  const { rowCount, createdCount, updatedCount, unchangedCount, rejectedCount, faultCount } = done
  console.info(
    `${basename(file)}: ${rowCount} rows, ${createdCount} created, ${updatedCount} updated, ${unchangedCount} unchanged, ${rejectedCount} rejected${done.dryRun ? '; only tried, nothing was changed' : ''}`,
  )
  console.info(`The import is ${done.id}.`)
  for (const { row, column, value, message } of done.faults.nodes)
    console.info(
      `  row ${row}${column === null ? '' : `, ${column}`}${value === null ? '' : ` ${JSON.stringify(value)}`} ${message}`,
    )
  if (faultCount > done.faults.nodes.length) console.info(`  … and ${faultCount - done.faults.nodes.length} more`)
  if (done.rejectedRows !== null) {
    const rejected = `${file.replace(/\.csv$/i, '')}.rejected.csv`
    writeFileSync(rejected, done.rejectedRows)
    console.info(`The rows that were not taken are in ${rejected}.`)
  } else if (faultCount > 0)
    throw new CommandFailed('Nothing was imported: mend the file, or import with --skip-faulty.')
}
