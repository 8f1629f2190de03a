import { Prisma, type TicketKind } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { NotFound } from '../errors.ts'
import type { List } from '../paging/page.ts'
import { type Asked, rowOf, selectedBelow, selectedBy } from '../reading/look-ahead.ts'
import { type Nested, rowBelow } from '../reading/nested.ts'
import { readRow } from '../reading/value.ts'
import { ticketsNamed } from '../reference.ts'
import { visibleTickets, visibleTicketsNamed } from './ticket.access.ts'
import { searchesOf, type TicketFilter, ticketCondition } from './ticket.filter.ts'
import { ofKind, type TicketOrder, type TicketRow, ticketColumns, ticketOrder } from './ticket.sql.ts'

/** The ticket of an id; null where there is none to see. */
export function findTicket(context: Context, id: string): Promise<TicketRow | null> {
  return loaderOf<TicketRow | null>(context, 'tickets', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<TicketRow[]>`
      SELECT ${ticketColumns.all} FROM tickets t WHERE t.id = ANY(${ids}::uuid[]) AND ${visibleTicketsNamed(signedIn(context))}`,
    ),
  ).load(id)
}

/** The ticket of an id that a row refers to which the viewer may see. */
export async function getTicket(context: Context, id: string): Promise<TicketRow> {
  const ticket = await findTicket(context, id)
  if (!ticket) throw new NotFound(`There is no ticket ${id}.`)
  return ticket
}

/**
 * The ticket that an id or a key names, with what is selected of it; null where there is none to see, or none of that
 * kind.
 */
export function readTicketNamed(reference: string, asked: Asked, kind?: TicketKind): Promise<TicketRow | null> {
  const row = rowOf(ticketColumns, selectedBelow(selectedBy(asked.info), asked.info), asked)
  const visible = visibleTicketsNamed(signedIn(asked.context))
  const from = Prisma.sql`tickets t WHERE ${ticketsNamed([reference])} AND ${ofKind(kind)} AND ${visible}`
  return readRow(asked.context.direct, row, from)
}

/** The ticket whose id a row has in a property. */
export const ticketBelow = (property: string) => rowBelow(property, ticketColumns, Prisma.sql`tickets t`)

/** The key of the project of a ticket. */
export const ticketProjectKey: Nested = {
  on: 'projectId',
  fragment: () => ({ sql: Prisma.sql`(SELECT p.key FROM projects p WHERE p.id = parent.id)` }),
}

/** Of how many tickets a search is ranked: what each of them takes adds up. */
const rankedAtMost = 10_000
const newest = Prisma.sql`ORDER BY t.created_at DESC, t.id DESC LIMIT ${Prisma.raw(String(rankedAtMost))}`
const isByRelevance = (orderBy: TicketListArguments['orderBy']) =>
  orderBy?.some(({ field }) => field === 'RELEVANCE') ?? false

/** What chooses a list of tickets. */
export interface TicketListArguments {
  readonly filter?: TicketFilter | null | undefined
  readonly orderBy?: readonly TicketOrder[] | null | undefined
}

/** The tickets that the viewer may see and a filter lets through. */
export function ticketList(
  context: Context,
  { filter, orderBy }: TicketListArguments,
  kind?: TicketKind,
): List<TicketRow> {
  const viewer = signedIn(context)
  const searches = searchesOf(filter ?? {})
  return {
    columns: ticketColumns,
    from: Prisma.sql`tickets t`,
    where: Prisma.sql`${ofKind(kind)} AND ${visibleTickets(viewer)} AND ${ticketCondition(filter, viewer)}`,
    order: ticketOrder(orderBy, searches),
    uncertain: searches.length > 0 ? { among: isByRelevance(orderBy) ? newest : null } : null,
  }
}
