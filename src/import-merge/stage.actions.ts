import type { FileHandle } from 'node:fs/promises'
import { detectListSeparator } from '../csv/cells.ts'
import { isBlankRecord, MalformedCsv, readRecords } from '../csv/records.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { raw, sql } from '../database/sql.ts'
import { BadUserInput } from '../errors.ts'
import { type ImportFieldKey, importFieldKeys } from '../import-file/field.parser.ts'
import { type CellError, type FileFormat, type FileHeader, parseHeader } from '../import-file/header.parser.ts'
import { createRowParser } from '../import-file/row.parser.ts'
import { stagingColumns } from './staging.sql.ts'

/** The separator of labels is detected in so many first rows, or fewer that have so many characters. */
const sampleSize = 1000
const maxSampleLength = 4_000_000

export interface ImportFile {
  readonly handle: FileHandle
  readonly name: string
}

interface StagingResult {
  readonly header: FileHeader
  /** Warnings about the whole file. */
  readonly warnings: readonly CellError[]
  /** False after an error in the header or in the syntax of the file. */
  readonly isMergeable: boolean
}

type StagedRow = readonly (string | null)[]

/**
 * Copies the values, errors and warnings of a file into the temporary table import_rows; row 0 is the header. Blank rows
 * are skipped, but numbered. `mustBeAllowed` throws for a field that the viewer is not allowed to import. `onRead`
 * receives the number of bytes of each chunk. Throws BAD_USER_INPUT if the kind of the tickets is unknown.
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
  let header: FileHeader = { names: [], fields: new Map(), unnamed: [], errors: [] }
  const warnings: CellError[] = []
  let isMergeable = true
  const rejectFile = (row: number, errors: readonly CellError[]): StagedRow => {
    isMergeable = false
    return Object.keys(stagingColumns).map((name) =>
      name === 'row' ? String(row) : name === 'errors' ? JSON.stringify(errors) : null,
    )
  }
  const sample: (readonly [row: number, record: readonly string[]])[] = []
  let sampleLength = 0
  let stageRow: ((row: number, record: readonly string[]) => StagedRow) | undefined

  function* parseSample(): Generator<StagedRow> {
    const labels = (header.fields.get('LABELS') ?? []).flatMap(({ index }) =>
      sample.map(([, cells]) => cells[index] ?? ''),
    )
    const listSeparator = format.listSeparator ?? detectListSeparator(labels)
    if (listSeparator !== (format.listSeparator ?? ';')) {
      const column = header.names[header.fields.get('LABELS')?.[0]?.index ?? 0] ?? null
      warnings.push({
        column,
        value: null,
        message: 'was split at commas: set `listSeparator` if its names contain commas',
      })
    }
    const parseRow = createRowParser(header, format, listSeparator)
    stageRow = (row, record) => {
      const { values, errors, warnings: rowWarnings, firstLine, wholeTitle, notes } = parseRow(record)
      return [
        String(row),
        errors.length > 0 ? JSON.stringify(errors) : null,
        rowWarnings.length > 0 ? JSON.stringify(rowWarnings) : null,
        firstLine,
        wholeTitle,
        notes,
        ...importFieldKeys.map((field) => values.get(field) ?? null),
      ]
    }
    for (const [row, record] of sample.splice(0)) yield stageRow(row, record)
  }

  async function* rows(): AsyncGenerator<StagedRow> {
    let row = -1
    let syntaxError: MalformedCsv | undefined
    try {
      for await (const record of readRecords(file.handle, onRead)) {
        row++
        if (row === 0) {
          header = parseHeader(record, format)
          for (const field of header.fields.keys()) mustBeAllowed(field)
          mustHaveKind(header, format)
          if (header.errors.length > 0) yield rejectFile(0, header.errors)
        } else if (isBlankRecord(record)) continue
        else if (stageRow) yield stageRow(row, record)
        else {
          sampleLength += record.reduce((sum, cell) => sum + cell.length, 0)
          if (sample.push([row, record]) === sampleSize || sampleLength >= maxSampleLength) yield* parseSample()
        }
      }
    } catch (error) {
      if (!(error instanceof MalformedCsv)) throw error
      syntaxError = error
    }
    if (!stageRow) yield* parseSample()
    if (!syntaxError) return
    const column = syntaxError.column === null ? null : (header.names[syntaxError.column] ?? null)
    yield rejectFile(syntaxError.record, [{ column, value: null, message: syntaxError.message }])
  }

  await tx.copy('import_rows', stagingColumns, rows())
  await tx.query(sql`ANALYZE import_rows`)
  return { header, warnings, isMergeable }
}

function mustHaveKind({ fields }: FileHeader, { kind }: FileFormat): void {
  if (!kind && !fields.has('KIND'))
    throw new BadUserInput([{ path: 'kind', message: 'is required: the file has no column "kind"' }])
}
