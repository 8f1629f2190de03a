import { csvOf, escapeFormula } from '../csv/cells.ts'
import { readRecords } from '../csv/records.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { sql } from '../database/sql.ts'
import { suggestion } from '../import-file/enum-value.parser.ts'
import type { CellFault, ImportHeader } from '../import-file/row.parser.ts'
import { assignableIn } from '../project/project.access.ts'
import { unknownName } from './check.sql.ts'
import type { ImportFile } from './stage.actions.ts'

/** How many faults of an import are kept. */
export const mostFaults = 1000
const mostSuggestions = 100
const mostRejectedLength = 10_000_000
const batchSize = 1000

interface RowFault extends CellFault {
  readonly row: number
}

/** Keeps the first faults of import_plan, with the nearest known names for people and labels that are not known. */
export async function keepFaults(tx: BulkTransaction, importId: string, projectId: string): Promise<void> {
  const faults = await tx.query<RowFault[]>(sql`
    SELECT p.row, fault ->> 'column' AS column, fault ->> 'value' AS value, fault ->> 'message' AS message
    FROM import_plan p, jsonb_array_elements(p.faults) WITH ORDINALITY AS told(fault, position)
    ORDER BY p.row, position LIMIT ${mostFaults}`)
  if (faults.length === 0) return
  const known = await tx.query<{ name: string; isLabel: boolean }[]>(sql`
    (SELECT u.username AS name, FALSE AS "isLabel" FROM users u WHERE ${assignableIn(projectId)} LIMIT 5000)
    UNION ALL SELECT l.name, TRUE FROM labels l WHERE l.project_id = ${projectId}::uuid`)
  const usernames = known.filter(({ isLabel }) => !isLabel).map(({ name }) => name)
  const labelNames = known.filter(({ isLabel }) => isLabel).map(({ name }) => name)
  const suggestions = new Map<string, string>()
  const worded = faults.map((fault) => {
    const isLabel = fault.message === unknownName.LABELS
    if (!isLabel && fault.message !== unknownName.ASSIGNEE && fault.message !== unknownName.REPORTER) return fault
    const name = fault.value?.split('; ')[0] ?? ''
    const key = `${isLabel} ${name}`
    if (!suggestions.has(key) && suggestions.size < mostSuggestions)
      suggestions.set(key, suggestion(name, isLabel ? labelNames : usernames))
    return { ...fault, message: fault.message + (suggestions.get(key) ?? '') }
  })
  await tx.query(sql`
    INSERT INTO import_faults (import_id, position, row, "column", value, message)
    SELECT ${importId}::uuid, position, (fault ->> 'row')::integer, fault ->> 'column', fault ->> 'value', fault ->> 'message'
    FROM jsonb_array_elements(${JSON.stringify(worded)}::jsonb) WITH ORDINALITY AS told(fault, position)`)
}

/**
 * Keeps the rows of a file that import_plan does not take, as CSV with a column that says why: 10 million characters of
 * it at most.
 */
export async function keepRejectedRows(
  tx: BulkTransaction,
  importId: string,
  file: ImportFile,
  { names }: ImportHeader,
): Promise<void> {
  let csv = csvOf([[...names, 'reason'].map(escapeFormula)])
  let row = -1
  let last = 0
  let rejected: { row: number; reason: string }[] = []
  for await (const record of readRecords(file.handle)) {
    row++
    if (row === 0) continue
    if (rejected.length === 0) {
      rejected = await rejectedAfter(tx, last)
      if (rejected.length === 0) break
    }
    if (rejected[0]?.row !== row) continue
    const reason = rejected.shift()?.reason ?? ''
    last = row
    csv += csvOf([[...record.map(storable), escapeFormula(reason)]])
    if (csv.length > mostRejectedLength) break
  }
  await tx.query(sql`UPDATE imports SET rejected_rows = ${csv} WHERE id = ${importId}::uuid`)
}

/** A cell without what the database cannot keep. */
const storable = (cell: string) => cell.replaceAll('\0', '\u{fffd}')

const rejectedAfter = (tx: BulkTransaction, row: number) =>
  tx.query<{ row: number; reason: string }[]>(sql`
  SELECT p.row, (SELECT string_agg(concat_ws(' ', fault ->> 'column', fault ->> 'message'), '; ')
    FROM jsonb_array_elements(p.faults) AS fault) AS reason
  FROM import_plan p WHERE p.row > ${row} AND p.faults IS NOT NULL ORDER BY p.row LIMIT ${batchSize}`)
