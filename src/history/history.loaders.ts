import { sql } from '../database/sql.ts'
import { rowLoader } from '../reading/loader.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import { type HistoryRow, historyColumns } from './history.sql.ts'

export const findHistoryEvent = rowLoader<HistoryRow>(
  historyColumns,
  sql`history h JOIN tickets t ON t.id = h.ticket_id`,
  visibleTicketsByReference,
)
