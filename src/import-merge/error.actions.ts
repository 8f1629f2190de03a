import { escapeCell, escapeFormula, toCsv } from '../csv/cells.ts'
import { readRecords } from '../csv/records.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { sql } from '../database/sql.ts'
import type { CellError } from '../import-file/header.parser.ts'
import { suggestNames } from '../import-file/name-match.parser.ts'
import { toStorableText } from '../normal-form.ts'
import { assignableUsers } from '../project/project.access.ts'
import { unknownNameMessages } from './check.sql.ts'
import type { ImportFile } from './stage.actions.ts'

export const maxStoredErrors = 1000
const maxSuggestions = 100
const maxCandidates = 5000
const maxRejectedLength = 10_000_000
const batchSize = 1000

interface RowError extends CellError {
  readonly row: number
}

/** Stores the first errors of import_plan, with suggestions for unknown users and labels. */
export async function storeErrors(tx: BulkTransaction, importId: string, projectId: string): Promise<void> {
  const errors = await tx.query<RowError[]>(sql`
    SELECT p.row, error ->> 'column' AS column, error ->> 'value' AS value, error ->> 'message' AS message
    FROM import_plan p, jsonb_array_elements(p.errors) WITH ORDINALITY AS listed(error, position)
    ORDER BY p.row, position LIMIT ${maxStoredErrors}`)
  if (errors.length === 0) return
  const known = await tx.query<{ name: string; isLabel: boolean }[]>(sql`
    (SELECT u.username AS name, FALSE AS "isLabel" FROM users u WHERE ${assignableUsers(sql`${projectId}::uuid`)} LIMIT ${maxCandidates})
    UNION ALL SELECT l.name, TRUE FROM labels l WHERE l.project_id = ${projectId}::uuid`)
  const usernames = known.filter(({ isLabel }) => !isLabel).map(({ name }) => name)
  const labelNames = known.filter(({ isLabel }) => isLabel).map(({ name }) => name)
  const suggestions = new Map<string, string>()
  const withSuggestions = errors.map((error) => {
    const { ASSIGNEE, REPORTER, LABELS } = unknownNameMessages
    const isLabel = error.message === LABELS
    if (!isLabel && error.message !== ASSIGNEE && error.message !== REPORTER) return error
    const name = error.value?.split('; ')[0] ?? ''
    const key = `${isLabel} ${name}`
    if (!suggestions.has(key) && suggestions.size < maxSuggestions)
      suggestions.set(key, suggestNames(name, isLabel ? labelNames : usernames))
    return { ...error, message: error.message + (suggestions.get(key) ?? '') }
  })
  await tx.query(sql`
    INSERT INTO import_faults (import_id, position, row, "column", value, message)
    SELECT ${importId}::uuid, position, (error ->> 'row')::integer, error ->> 'column', error ->> 'value', error ->> 'message'
    FROM jsonb_array_elements(${JSON.stringify(withSuggestions)}::jsonb) WITH ORDINALITY AS listed(error, position)`)
}

/** Stores the warnings of a file and its rows. Equal warnings of several rows are one. Returns their number. */
export async function storeWarnings(
  tx: BulkTransaction,
  importId: string,
  fileWarnings: readonly CellError[],
): Promise<number> {
  const [{ count }] = await tx.query<[{ count: number }]>(sql`
    WITH warnings AS (
      SELECT 0 AS row, 1 AS count, warning FROM jsonb_array_elements(${JSON.stringify(fileWarnings)}::jsonb) warning
      UNION ALL
      SELECT min(p.row), count(*), warning FROM import_plan p, jsonb_array_elements(p.warnings) warning
      WHERE p.errors IS NULL GROUP BY warning),
    stored AS (
      INSERT INTO import_faults (import_id, position, row, "column", value, message, is_warning)
      SELECT ${importId}::uuid, ${maxStoredErrors} + row_number() OVER (ORDER BY row, warning), row, warning ->> 'column',
        warning ->> 'value', (warning ->> 'message') || CASE WHEN count > 1 THEN format(' (in %s rows)', count) ELSE '' END, TRUE
      FROM warnings ORDER BY row, warning LIMIT ${maxStoredErrors})
    SELECT count(*)::integer AS count FROM warnings`)
  return count
}

/**
 * Stores, as CSV in the import, the rows for which import_plan contains errors. The column "reason" follows the columns of
 * the file and precedes surplus cells.
 */
export async function storeRejectedRows(tx: BulkTransaction, importId: string, file: ImportFile): Promise<void> {
  let csv = ''
  let width = 0
  let row = -1
  let lastRejected = 0
  let batch: { row: number; reason: string }[] = []
  let formerReasons: ReadonlySet<number> = new Set()
  for await (const fileRecord of readRecords(file.handle)) {
    row++
    if (row === 0) formerReasons = new Set([...fileRecord.keys()].filter((index) => fileRecord[index] === 'reason'))
    const record = fileRecord.filter((_, index) => !formerReasons.has(index))
    if (row === 0) {
      csv = toCsv([[...toCells(record), 'reason']])
      width = record.length
      continue
    }
    if (batch.length === 0) {
      batch = await readRejected(tx, lastRejected)
      if (batch.length === 0) break
    }
    if (batch[0]?.row !== row) continue
    const reason = batch.shift()?.reason ?? ''
    lastRejected = row
    const cells = toCells(Array.from({ length: Math.max(width, record.length) }, (_, index) => record[index] ?? ''))
    csv += toCsv([[...cells.slice(0, width), escapeFormula(reason), ...cells.slice(width)]])
    if (csv.length > maxRejectedLength) break
  }
  await tx.query(sql`UPDATE imports SET rejected_rows = ${csv} WHERE id = ${importId}::uuid`)
}

const toCells = (record: readonly string[]) => record.map((cell) => escapeCell(toStorableText(cell)))

const readRejected = (tx: BulkTransaction, row: number) =>
  tx.query<{ row: number; reason: string }[]>(sql`
  SELECT p.row, (SELECT string_agg(concat_ws(' ', error ->> 'column', error ->> 'message'), '; ')
    FROM jsonb_array_elements(p.errors) AS error) AS reason
  FROM import_plan p WHERE p.row > ${row} AND p.errors IS NOT NULL ORDER BY p.row LIMIT ${batchSize}`)
