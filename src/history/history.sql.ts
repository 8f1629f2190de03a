import type { HistoryEvent } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import { integer, type Order } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'

/** What became of one field: names of people and labels, words of enums, times in ISO 8601; null where there was none. */
export interface FieldChange {
  readonly field: string
  readonly from: string | null
  readonly to: string | null
}

/** A change of a ticket as it is stored. */
export type HistoryRow = Omit<HistoryEvent, 'changes'> & { readonly changes: readonly FieldChange[] }

/** A change of one field as SQL: the array of it, empty where the two values are the same. */
export const changeOf = (field: string, from: Sql, to: Sql) => sql`
  CASE WHEN ${from} IS DISTINCT FROM ${to} THEN jsonb_build_array(
    jsonb_build_object('field', ${field}::text, 'from', ${from}, 'to', ${to})) ELSE '[]' END`

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
