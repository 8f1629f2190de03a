import { Prisma, type TicketKind } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { NotFound } from '../errors.ts'
import type { List } from '../paging/page.ts'
import { ticketsNamed } from '../reference.ts'
import { visibleTickets } from './ticket.access.ts'
import { type TicketFilter, ticketCondition } from './ticket.filter.ts'
import { type TicketOrder, type TicketRow, ticketColumns, ticketOrder } from './ticket.sql.ts'

/** The ticket of an id; null where there is none to see. */
export function findTicket(context: Context, id: string): Promise<TicketRow | null> {
  return loaderOf<TicketRow | null>(context, 'tickets', async (ids) =>
    inOrder(
      ids,
      await context.prisma.$queryRaw<TicketRow[]>`
      SELECT ${ticketColumns} FROM tickets t WHERE t.id = ANY(${ids}::uuid[]) AND ${visibleTickets(signedIn(context))}`,
    ),
  ).load(id)
}

/** The ticket of an id that a row refers to which the viewer may see. */
export async function getTicket(context: Context, id: string): Promise<TicketRow> {
  const ticket = await findTicket(context, id)
  if (!ticket) throw new NotFound(`There is no ticket ${id}.`)
  return ticket
}

/** The ticket that an id or a key names; null where there is none to see, or none of that kind. */
export async function findTicketNamed(
  context: Context,
  reference: string,
  kind?: TicketKind,
): Promise<TicketRow | null> {
  const rows = await context.prisma.$queryRaw<TicketRow[]>`
    SELECT ${ticketColumns} FROM tickets t WHERE ${ticketsNamed([reference])} AND ${visibleTickets(signedIn(context))}`
  const ticket = rows[0] ?? null
  return kind === undefined || ticket?.kind === kind ? ticket : null
}

/** What chooses a list of tickets. */
export interface TicketListArguments {
  readonly filter?: TicketFilter | null | undefined
  readonly orderBy?: readonly TicketOrder[] | null | undefined
}

/** The tickets that the viewer may see and a filter lets through, as a list, or as lists below projects. */
export function ticketList(
  context: Context,
  { filter, orderBy }: TicketListArguments,
  kind?: TicketKind,
): Required<List<TicketRow>> {
  const viewer = signedIn(context)
  const ofKind = kind ? Prisma.sql`t.kind = ${kind}::ticket_kind AND` : Prisma.empty
  return {
    columns: ticketColumns,
    from: Prisma.sql`tickets t`,
    where: Prisma.sql`${ofKind} ${visibleTickets(viewer)} AND ${ticketCondition(filter, viewer)}`,
    order: ticketOrder(orderBy),
    parent: Prisma.sql`t.project_id`,
  }
}
