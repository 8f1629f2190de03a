import type { FileHandle } from 'node:fs/promises'
import { MalformedCsv, readRecords } from '../csv/records.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { raw, sql } from '../database/sql.ts'
import type { ImportFieldKey } from '../import-file/field.parser.ts'
import {
  type CellError,
  createRowParser,
  type FileFormat,
  type FileHeader,
  parseHeader,
} from '../import-file/row.parser.ts'
import { stagedFields, stagingColumns } from './staging.sql.ts'

export interface ImportFile {
  readonly handle: FileHandle
  readonly name: string
}

interface StagingResult {
  readonly header: FileHeader
  /** False after an error in the header or in the syntax of the file. */
  readonly isMergeable: boolean
}

/**
 * Copies the values and errors of a file into the temporary table import_rows; row 0 is the header. `mustBeAllowed`
 * throws for a field that the viewer is not allowed to import. `onRead` receives the number of bytes of each chunk.
 */
export async function stageRows(
  tx: BulkTransaction,
  file: ImportFile,
  format: FileFormat,
  mustBeAllowed: (field: ImportFieldKey) => void,
  onRead: (bytes: number) => void,
): Promise<StagingResult> {
  const columns = Object.entries(stagingColumns).map(([name, type]) => `${name} ${type}`)
  await tx.query(sql`${raw(`CREATE TEMPORARY TABLE import_rows (${columns.join(', ')}) ON COMMIT DROP`)}`)
  let header: FileHeader = { names: [], fields: new Map(), errors: [] }
  let isMergeable = true
  const rejectFile = (row: number, errors: readonly CellError[]) => {
    isMergeable = false
    const noValues = Object.keys(stagingColumns)
      .slice(2)
      .map(() => null)
    return [String(row), JSON.stringify(errors), ...noValues]
  }
  async function* rows() {
    let row = -1
    let parseRow: ReturnType<typeof createRowParser> | undefined
    try {
      for await (const record of readRecords(file.handle, onRead)) {
        row++
        if (parseRow) {
          const { values, firstLine, errors } = parseRow(record)
          yield [
            String(row),
            errors.length > 0 ? JSON.stringify(errors) : null,
            firstLine,
            ...stagedFields.map((field) => values.get(field) ?? null),
          ]
          continue
        }
        header = parseHeader(record, format)
        for (const field of header.fields.keys()) mustBeAllowed(field)
        parseRow = createRowParser(header, format)
        if (header.errors.length > 0) yield rejectFile(0, header.errors)
      }
    } catch (error) {
      if (!(error instanceof MalformedCsv)) throw error
      const column = error.column === null ? null : (header.names[error.column] ?? null)
      yield rejectFile(error.record, [{ column, value: null, message: error.message }])
    }
  }
  await tx.copy('import_rows', stagingColumns, rows())
  await tx.query(sql`ANALYZE import_rows`)
  return { header, isMergeable }
}
