import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import { NotFound } from '../errors.ts'
import type { List } from '../paging/page.ts'
import { rowLoader } from '../reading/loader.ts'
import { type TicketRow, ticketColumns, ticketOrder } from '../ticket/ticket.sql.ts'
import { visibleImports } from './import.access.ts'
import {
  type ImportFaultRow,
  type ImportRecord,
  importColumns,
  importOrder,
  rowErrorColumns,
  rowErrorOrder,
} from './import.sql.ts'

export const findImport = rowLoader<ImportRecord>(importColumns, sql`imports i`, visibleImports)

export async function getImport(context: Context, id: string): Promise<ImportRecord> {
  const record = await findImport(context, id)
  if (!record) throw new NotFound(`Import "${id}" was not found, or you cannot see it.`)
  return record
}

export const importList: List<ImportRecord> = {
  columns: importColumns,
  from: sql`imports i`,
  where: sql`TRUE`,
  order: importOrder,
}

export const rowErrorList: List<ImportFaultRow> = {
  columns: rowErrorColumns,
  from: sql`import_faults f`,
  where: sql`NOT f.is_warning`,
  order: rowErrorOrder,
}

export const warningList: List<ImportFaultRow> = { ...rowErrorList, where: sql`f.is_warning` }

export const importedTicketList: List<TicketRow> = {
  columns: ticketColumns,
  from: sql`imported_tickets it JOIN tickets t ON t.id = it.ticket_id`,
  where: sql`TRUE`,
  order: ticketOrder([{ field: 'NUMBER' }]),
}
