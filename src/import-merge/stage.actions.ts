import type { FileHandle } from 'node:fs/promises'
import { BrokenFile, readRecords } from '../csv/records.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { raw, sql } from '../database/sql.ts'
import { type ImportFieldWord, importField, importFieldWords } from '../import-file/field.parser.ts'
import {
  type CellFault,
  type ImportHeader,
  type ImportReading,
  readHeader,
  rowReader,
} from '../import-file/row.parser.ts'

/** An open file that is to be imported. */
export interface ImportFile {
  readonly handle: FileHandle
  /** Its name where it comes from. */
  readonly name: string
}

/** What staging a file has shown of it. */
export interface Staged {
  readonly header: ImportHeader
  /** Whether the file has a fault that leaves none of its rows to be taken. */
  readonly refused: boolean
}

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
/** The column of import_rows that holds a field. */
export const columnOf = (field: ImportFieldWord) => snakeCase(importField(field).name)
const stagedFields = importFieldWords.filter((field) => field !== 'KIND')
const stagingColumns: Readonly<Record<string, string>> = {
  row: 'integer',
  faults: 'jsonb',
  first_line: 'text',
  ...Object.fromEntries(stagedFields.map((field) => [columnOf(field), importField(field).type])),
}

/**
 * Reads a file into the table import_rows, which lasts as long as the transaction: a row for each of its rows, good or
 * not, and the row 0 with what is wrong with the file as a whole. `mayUse` throws where a field is not for the viewer.
 */
export async function stageRows(
  tx: BulkTransaction,
  file: ImportFile,
  reading: ImportReading,
  mayUse: (field: ImportFieldWord) => void,
  read: (bytes: number) => void,
): Promise<Staged> {
  const columns = Object.entries(stagingColumns).map(([name, type]) => `${name} ${type}`)
  await tx.query(sql`${raw(`CREATE TEMPORARY TABLE import_rows (${columns.join(', ')}) ON COMMIT DROP`)}`)
  let header: ImportHeader = { names: [], fields: new Map(), faults: [] }
  let refused = false
  const faulty = (row: number, faults: readonly CellFault[]) => {
    refused = true
    return [
      String(row),
      JSON.stringify(faults),
      ...Object.keys(stagingColumns)
        .slice(2)
        .map(() => null),
    ]
  }
  async function* rows() {
    let row = -1
    let readRow: ReturnType<typeof rowReader> | undefined
    try {
      for await (const record of readRecords(file.handle, read)) {
        row++
        if (readRow) {
          const { values, firstLine, faults } = readRow(record)
          yield [
            String(row),
            faults.length > 0 ? JSON.stringify(faults) : null,
            firstLine,
            ...stagedFields.map((field) => values.get(field) ?? null),
          ]
          continue
        }
        header = readHeader(record, reading)
        for (const field of header.fields.keys()) mayUse(field)
        readRow = rowReader(header, reading)
        if (header.faults.length > 0) yield faulty(0, header.faults)
      }
    } catch (error) {
      if (!(error instanceof BrokenFile)) throw error
      const column = error.column === null ? null : (header.names[error.column] ?? null)
      yield faulty(error.record, [{ column, value: null, message: error.message }])
    }
  }
  await tx.copy('import_rows', stagingColumns, rows())
  await tx.query(sql`ANALYZE import_rows`)
  return { header, refused }
}
