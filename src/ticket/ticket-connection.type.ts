import { connectionType } from '../paging/connection.type.ts'
import { ticketCountCost } from './ticket.cost.ts'
import type { TicketRow } from './ticket.sql.ts'

export const TicketConnection = connectionType<TicketRow>('Ticket', 'tickets', ticketCountCost)
