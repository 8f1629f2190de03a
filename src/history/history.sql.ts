import type { HistoryEvent } from '../../prisma/generated/client.ts'
import { sql } from '../database/sql.ts'
import { integer, type Order } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { FieldChange } from '../ticket/ticket-change.sql.ts'

/** A change of a ticket as it is stored. */
export type HistoryRow = Omit<HistoryEvent, 'changes'> & { readonly changes: readonly FieldChange[] }

/** The columns of a HistoryRow, from history `h`. */
export const historyColumns = columnsOf<HistoryRow>('h', {
  id: 'always',
  ticketId: 'plain',
  actorId: 'plain',
  at: 'time',
  version: 'plain',
  source: 'plain',
  batch: 'plain',
  changes: 'plain',
})

/** Newest first: within a ticket each change has its own version. */
export const historyOrder: Order = [{ name: 'version', sql: sql`h.version`, type: integer, descending: true }]
