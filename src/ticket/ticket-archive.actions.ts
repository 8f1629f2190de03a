import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { mustHaveRole } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import type { TicketRow } from './ticket.sql.ts'
import { lockTicket, recordChange, unchangedTicket } from './ticket-change.actions.ts'
import { changesAsJson } from './ticket-change.sql.ts'

export async function archiveTicket(
  db: Statements,
  viewer: Viewer,
  reference: string,
  archived: boolean,
): Promise<TicketRow> {
  const ticket = await lockTicket(db, viewer, reference)
  mustHaveRole(ticket, 'MAINTAINER', 'Archiving a ticket')
  if (archived === (ticket.archivedAt !== null)) return ticket
  const archivedAt = archived ? new Date().toISOString() : null
  const change = { field: 'archivedAt', from: ticket.archivedAt, to: archivedAt }
  return recordChange(db, viewer, {
    where: unchangedTicket(viewer, ticket),
    changes: changesAsJson([change]),
    type: archived ? 'TICKET_ARCHIVED' : 'TICKET_RESTORED',
    set: [sql`archived_at = ${archivedAt}::timestamptz`],
  })
}
