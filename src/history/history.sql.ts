import { sql } from '../database/sql.ts'
import { integer, type Order } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type HistoryRow = Row<'HistoryEvent'>

export const historyColumns = columnsOf<HistoryRow>('h', {
  id: 'always',
  ticketId: 'plain',
  actorId: 'plain',
  at: 'time',
  version: 'plain',
  source: 'plain',
  batch: 'plain',
  reverted: 'plain',
  changes: 'plain',
})

/** Newest first. Versions are unique in a ticket. */
export const historyOrder: Order = [{ name: 'version', sql: sql`h.version`, type: integer, descending: true }]
