import { sql } from '../database/sql.ts'
import { integer, type Order, timestamp, uuid } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type ImportRecord = Row<'Import'>

export const importColumns = columnsOf<ImportRecord>('i', {
  id: 'always',
  projectId: 'plain',
  actorId: 'plain',
  fileName: 'plain',
  kind: 'plain',
  dryRun: 'plain',
  createdAt: 'time',
  undoneAt: 'time',
  rowCount: 'plain',
  createdCount: 'plain',
  updatedCount: 'plain',
  unchangedCount: 'plain',
  rejectedCount: 'plain',
  faultCount: 'plain',
  warningCount: 'plain',
  columns: 'plain',
  preview: 'plain',
  rejectedRows: 'plain',
})

export const importOrder: Order = [
  { name: 'createdAt', sql: sql`i.created_at`, type: timestamp, descending: true },
  { name: 'id', sql: sql`i.id`, type: uuid, descending: true },
]

export type ImportFaultRow = Row<'ImportFault'>

export const rowErrorColumns = columnsOf<ImportFaultRow>('f', {
  importId: 'plain',
  position: 'plain',
  row: 'plain',
  column: 'plain',
  value: 'plain',
  message: 'plain',
  isWarning: 'plain',
})

export const rowErrorOrder: Order = [{ name: 'position', sql: sql`f.position`, type: integer, descending: false }]
