import { connectionType } from '../paging/connection.type.ts'
import { ticketCounts } from './ticket.cost.ts'
import type { TicketRow } from './ticket.sql.ts'

export const TicketConnection = connectionType<TicketRow>('Ticket', 'tickets', ticketCounts)
