import { Prisma } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { NotFound } from '../errors.ts'
import type { List } from '../paging/page.ts'
import { type TicketRow, ticketColumns, ticketOrder } from '../ticket/ticket.sql.ts'
import { visibleImports } from './import.access.ts'
import {
  faultColumns,
  faultOrder,
  type ImportFaultRow,
  type ImportRecord,
  importColumns,
  importOrder,
} from './import.sql.ts'

/** The import of an id; null where there is none to see. */
export function findImport(context: Context, id: string): Promise<ImportRecord | null> {
  return loaderOf<ImportRecord | null>(context, 'imports', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<ImportRecord[]>`
      SELECT ${importColumns.all} FROM imports i WHERE i.id = ANY(${ids}::uuid[]) AND ${visibleImports(signedIn(context))}`,
    ),
  ).load(id)
}

/** The import of an id that the viewer has just made. */
export async function getImport(context: Context, id: string): Promise<ImportRecord> {
  const found = await findImport(context, id)
  if (!found) throw new NotFound(`There is no import ${id}.`)
  return found
}

/** Imports, newest first. */
export const importList: List<ImportRecord> = {
  columns: importColumns,
  from: Prisma.sql`imports i`,
  where: Prisma.sql`TRUE`,
  order: importOrder,
}

/** What is wrong in a file, in its order. */
export const faultList: List<ImportFaultRow> = {
  columns: faultColumns,
  from: Prisma.sql`import_faults f`,
  where: Prisma.sql`TRUE`,
  order: faultOrder,
}

/** The tickets of an import by number. */
export const importedTicketList: List<TicketRow> = {
  columns: ticketColumns,
  from: Prisma.sql`imported_tickets it JOIN tickets t ON t.id = it.ticket_id`,
  where: Prisma.sql`TRUE`,
  order: ticketOrder([{ field: 'NUMBER' }]),
}
