import type { TicketKind } from '../../prisma/generated/client.ts'
import { type Context, requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { NotFound } from '../errors.ts'
import type { List } from '../paging/page.ts'
import { rowLoader } from '../reading/loader.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { type ResolverRequest, rowOf, selectedField, subfieldsOf } from '../reading/look-ahead.ts'
import { toOne } from '../reading/nested.ts'
import { readRow } from '../reading/value.ts'
import { ticketsByReference } from '../reference.ts'
import { visibleTickets, visibleTicketsByReference } from './ticket.access.ts'
import { searchesOf, type TicketFilter, ticketCondition } from './ticket.filter.ts'
import { ofKind, type TicketOrder, type TicketRow, ticketColumns, ticketOrder } from './ticket.sql.ts'

export const findTicket = rowLoader<TicketRow>(ticketColumns, sql`tickets t`, visibleTicketsByReference)

export async function getTicket(context: Context, id: string): Promise<TicketRow> {
  const ticket = await findTicket(context, id)
  if (!ticket) throw new NotFound(`Ticket "${id}" was not found, or you cannot see it.`)
  return ticket
}

/** Reads the selected fields in one statement. */
export function readTicketByReference(
  reference: string,
  request: ResolverRequest,
  kind?: TicketKind,
): Promise<TicketRow | null> {
  const row = rowOf(ticketColumns, subfieldsOf(selectedField(request.info), request.info), request)
  const visible = visibleTicketsByReference(requireViewer(request.context))
  const from = sql`tickets t WHERE ${ticketsByReference([reference])} AND ${ofKind(kind)} AND ${visible}`
  return readRow(request.context.db, row, from)
}

/** `property` contains the id of the ticket. */
export const ticketRelation = (property: string) => toOne(property, ticketColumns, sql`tickets t`)

export const ticketProjectKey: NestedField = {
  keyProperty: 'projectId',
  fragment: () => ({ sql: sql`(SELECT p.key FROM projects p WHERE p.id = parent.id)` }),
}

/** Limits the cost of ranking by relevance. */
const newest = { order: sql`ORDER BY t.created_at DESC, t.id DESC`, size: 1000 }
const isByRelevance = (orderBy: TicketListArguments['orderBy']) =>
  orderBy?.some(({ field }) => field === 'RELEVANCE') ?? false

export interface TicketListArguments {
  readonly filter?: TicketFilter | null | undefined
  readonly orderBy?: readonly TicketOrder[] | null | undefined
}

export function ticketList(
  context: Context,
  { filter, orderBy }: TicketListArguments,
  { kind, isInProject = false }: { readonly kind?: TicketKind; readonly isInProject?: boolean } = {},
): List<TicketRow> {
  const viewer = requireViewer(context)
  const searches = searchesOf(filter ?? {})
  return {
    columns: ticketColumns,
    from: sql`tickets t`,
    where: sql`${ofKind(kind)} AND ${visibleTickets(viewer)} AND ${ticketCondition(filter, viewer, { isInProject })}`,
    order: ticketOrder(orderBy, searches),
    probe: searches.length > 0 ? { rankingWindow: isByRelevance(orderBy) ? newest : null } : null,
  }
}
