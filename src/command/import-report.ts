import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type CommandContext, CommandError, print } from './command.ts'

export interface ImportResult {
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

/** Prints the counts and errors of an import. Writes rejected rows to a file next to the imported one. */
export function reportImport(file: string, result: ImportResult, { stdout }: CommandContext): void {
  const { rowCount, createdCount, updatedCount, unchangedCount, rejectedCount, faultCount } = result
  print(
    stdout,
    `${basename(file)}: ${rowCount} rows, ${createdCount} created, ${updatedCount} updated, ${unchangedCount} unchanged, ${rejectedCount} rejected${result.dryRun ? ' (dry run: nothing was changed)' : ''}`,
  )
  print(stdout, `Import id: ${result.id}`)
  for (const { row, column, value, message } of result.faults.nodes)
    print(
      stdout,
      `  row ${row}${column === null ? '' : `, ${column}`}${value === null ? '' : ` ${JSON.stringify(value)}`} ${message}`,
    )
  const printedCount = result.faults.nodes.length
  if (faultCount > printedCount) print(stdout, `  … and ${faultCount - printedCount} more errors`)
  if (result.rejectedRows !== null) {
    const rejectedFile = `${file.replace(/\.csv$/i, '')}.rejected.csv`
    writeFileSync(rejectedFile, result.rejectedRows)
    print(stdout, `The rejected rows were written to ${rejectedFile}.`)
  } else if (faultCount > 0)
    throw new CommandError(
      'Nothing was imported. Fix the errors, or import the valid rows with --skip-faulty, unless the header or the CSV syntax is invalid.',
    )
}
