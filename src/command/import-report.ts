import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type ImportFieldKey, importField } from '../import-file/field.parser.ts'
import { CommandError, type Output, print, printJson } from './command.ts'

interface Finding {
  readonly row: number
  readonly column: string | null
  readonly value: string | null
  readonly message: string
}

export interface ImportResult {
  readonly id: string
  readonly dryRun: boolean
  readonly rowCount: number
  readonly createdCount: number
  readonly updatedCount: number
  readonly unchangedCount: number
  readonly rejectedCount: number
  readonly faultCount: number
  readonly warningCount: number
  readonly rejectedRows: string | null
  readonly faults: { readonly nodes: readonly Finding[] }
  readonly warnings: { readonly nodes: readonly Finding[] }
  readonly columns: readonly { readonly name: string; readonly fields: readonly ImportFieldKey[] }[]
  readonly preview: readonly {
    readonly row: number
    readonly action: string
    readonly externalKey: string | null
    readonly title: string | null
    readonly status: string
    readonly changes: readonly { readonly field: string; readonly from: string | null; readonly to: string | null }[]
  }[]
}

interface ImportReport {
  readonly file: string
  readonly rejectedFile: string | null
  readonly result: ImportResult
}

/** Writes rejected rows to a file next to the imported one. Returns its name; null if the import has none. */
export function writeRejectedRows(file: string, { rejectedRows }: ImportResult): string | null {
  if (rejectedRows === null) return null
  const rejectedFile = `${file.replace(/\.csv$/i, '')}.rejected.csv`
  writeFileSync(rejectedFile, rejectedRows)
  return rejectedFile
}

/** Prints the effects and errors of an import. */
export function printImport({ file, rejectedFile, result }: ImportReport, output: Output): void {
  const { rowCount, createdCount, updatedCount, unchangedCount, rejectedCount } = result
  if (result.dryRun) printPlan(result, output)
  else printIgnoredColumns(result, output)
  const remaining = rowCount - createdCount - updatedCount - unchangedCount - rejectedCount
  const counts = [
    `${rowCount} rows, ${createdCount} created, ${updatedCount} updated, ${unchangedCount} unchanged, ${rejectedCount} rejected`,
    ...(remaining > 0 ? [`${remaining} valid but not imported`] : []),
  ]
  print(output, `${basename(file)}: ${counts.join(', ')}${result.dryRun ? ' (dry run: nothing was changed)' : ''}`)
  print(output, `Import id: ${result.id}`)
  printFindings(result.faults.nodes, result.faultCount, 'error', output)
  if (result.warningCount > 0) print(output, 'Warnings:')
  printFindings(result.warnings.nodes, result.warningCount, 'warning', output)
  if (rejectedFile !== null) print(output, `The rejected rows were written to ${rejectedFile}.`)
}

export function printImportJson({ file, rejectedFile, result }: ImportReport, output: Output): void {
  const { rejectedRows, faultCount, faults, warnings, ...rest } = result
  printJson(output, {
    file,
    ...rest,
    errorCount: faultCount,
    errors: faults.nodes,
    warnings: warnings.nodes,
    rejectedFile,
  })
}

export function mustHaveImported({ faultCount, rejectedRows }: ImportResult): void {
  if (faultCount > 0 && rejectedRows === null)
    throw new CommandError(
      'Nothing was imported. Fix the errors, or import the valid rows with --skip-faulty, unless the header or the CSV syntax is invalid.',
    )
}

function printFindings(findings: readonly Finding[], count: number, noun: string, output: Output): void {
  for (const { row, column, value, message } of findings) {
    const subject = [...(row > 0 ? [`row ${row}`] : ['header']), ...(column === null ? [] : [column])].join(', ')
    print(output, `  ${subject}${value === null ? '' : ` ${JSON.stringify(value)}`} ${message}`)
  }
  if (count > findings.length) print(output, `  … and ${count - findings.length} more ${noun}s`)
}

function printIgnoredColumns({ columns }: ImportResult, output: Output): void {
  const names = [...new Set(columns.filter(({ fields }) => fields.length === 0).map(({ name }) => name))]
  if (names.length > 0) print(output, `Ignored columns: ${names.join(', ')}`)
}

/** Prints the use of each column and the effects of the first rows as tables. */
function printPlan({ columns, preview }: ImportResult, output: Output): void {
  const uses = new Map(columns.map(({ name, fields }) => [name, fields.map((field) => importField(field).name)]))
  printTable(
    ['COLUMN', 'FIELD'],
    [...uses].map(([name, fields]) => [name, fields.join(', ') || 'ignored']),
    output,
  )
  if (preview.length === 0) return
  print(output, '')
  const rows = preview.map(({ row, action, externalKey, status, title, changes }) => [
    String(row),
    action.toLowerCase(),
    externalKey ?? '',
    status,
    changes.length > 0
      ? changes.map(({ field, from, to }) => `${field}: ${from ?? 'none'} → ${to ?? 'none'}`).join('; ')
      : (title ?? ''),
  ])
  printTable(['ROW', 'EFFECT', 'EXTERNAL KEY', 'STATUS', 'TITLE OR CHANGES'], rows, output)
  print(output, '')
}

const maxCellLength = 80

function printTable(header: readonly string[], rows: readonly (readonly string[])[], output: Output): void {
  const table = [header, ...rows].map((row) => row.map(toTableCell))
  const widths = header.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)))
  for (const row of table)
    print(
      output,
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** Removes line breaks and control characters, which could move the cursor of a terminal. */
function toTableCell(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ')
  return line.length > maxCellLength ? `${line.slice(0, maxCellLength - 1)}…` : line
}
