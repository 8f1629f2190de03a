import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { visibleTicketsNamed } from '../ticket/ticket.access.ts'
import { type HistoryRow, historyColumns } from './history.sql.ts'

/** The change of an id; null where there is none to see. */
export function findHistoryEvent(context: Context, id: string): Promise<HistoryRow | null> {
  return loaderOf<HistoryRow | null>(context, 'history', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<HistoryRow[]>`
      SELECT ${historyColumns.all} FROM history h JOIN tickets t ON t.id = h.ticket_id
      WHERE h.id = ANY(${ids}::uuid[]) AND ${visibleTicketsNamed(signedIn(context))}`,
    ),
  ).load(id)
}
