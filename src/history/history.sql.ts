import { type HistoryEvent, Prisma } from '../../prisma/generated/client.ts'
import { integer, type Order } from '../paging/keyset.ts'
import type { Columns } from '../paging/page.ts'

/** What became of one field: names of people and labels, words of enums, times in ISO 8601; null where there was none. */
export interface FieldChange {
  readonly field: string
  readonly from: string | null
  readonly to: string | null
}

/** A change of a ticket as it is stored. */
export type HistoryRow = Omit<HistoryEvent, 'changes'> & { readonly changes: readonly FieldChange[] }

/** The columns of a HistoryRow, from history `h`. */
export const historyColumns: Columns<HistoryRow> = Prisma.sql`h.id, h.ticket_id AS "ticketId", h.actor_id AS "actorId",
  h.at, h.version, h.source, h.batch, h.changes`

/** Newest first: within a ticket each change has its own version. */
export const historyOrder: Order = [{ name: 'version', sql: Prisma.sql`h.version`, type: integer, descending: true }]
