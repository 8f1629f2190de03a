import { connectionType } from '../paging/connection.type.ts'
import type { TicketRow } from './ticket.sql.ts'
import { ticketCountCost } from './ticket-cost.filter.ts'

export const TicketConnection = connectionType<TicketRow>('Ticket', 'tickets', ticketCountCost)
