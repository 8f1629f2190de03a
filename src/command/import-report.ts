import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { CommandFailed, type Io, print } from './command.ts'

/** The import that the server answers with. */
export interface Imported {
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

/** Prints the counts and the faults of an import, and writes rejected rows to a file beside the imported one. */
export function reportImport(file: string, done: Imported, { stdout }: Io): void {
  const { rowCount, createdCount, updatedCount, unchangedCount, rejectedCount, faultCount } = done
  print(
    stdout,
    `${basename(file)}: ${rowCount} rows, ${createdCount} created, ${updatedCount} updated, ${unchangedCount} unchanged, ${rejectedCount} rejected${done.dryRun ? '; only tried, nothing was changed' : ''}`,
  )
  print(stdout, `The import is ${done.id}.`)
  for (const { row, column, value, message } of done.faults.nodes)
    print(
      stdout,
      `  row ${row}${column === null ? '' : `, ${column}`}${value === null ? '' : ` ${JSON.stringify(value)}`} ${message}`,
    )
  if (faultCount > done.faults.nodes.length) print(stdout, `  … and ${faultCount - done.faults.nodes.length} more`)
  if (done.rejectedRows !== null) {
    const rejected = `${file.replace(/\.csv$/i, '')}.rejected.csv`
    writeFileSync(rejected, done.rejectedRows)
    print(stdout, `The rows that were not taken are in ${rejected}.`)
  } else if (faultCount > 0)
    throw new CommandFailed('Nothing was imported: correct the file, or import with --skip-faulty.')
}
