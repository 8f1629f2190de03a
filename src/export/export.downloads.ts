import type { GraphQLSchema } from 'graphql'
import { type Context, requireViewer } from '../context.ts'
import type { Database } from '../database/open.ts'
import { withoutQuota } from '../database/request-quota.ts'
import type { Download, Downloads } from '../http/download.ts'
import type { Rates } from '../http/rates.ts'
import { filterCost } from '../ticket/ticket.cost.ts'
import { type ExportFormat, exportTickets } from './export.actions.ts'
import { parseFilter } from './ticket-filter.parser.ts'

interface ExportServices {
  readonly schema: GraphQLSchema
  readonly rates: Rates
  readonly database: Database
}

/** Points, in addition to those of the filter. */
const exportCost = 5000
const contentTypes = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' }

/** Parameters: `project` is an id or a key, `filter` a TicketFilter as JSON. */
export function exportDownloads({ schema, rates, database }: ExportServices): Downloads {
  const createDownloadHandler =
    (format: ExportFormat) =>
    async (context: Context, parameters: URLSearchParams): Promise<Download> => {
      const filter = parseFilter(schema, parameters.get('filter'))
      await rates.spend(requireViewer(context).id, exportCost + filterCost(filter))
      // All pages together may exceed the quota of a request.
      const unmeteredContext = { ...context, db: withoutQuota(database.db) }
      const pieces = await exportTickets(unmeteredContext, format, parameters.get('project'), filter)
      return { type: contentTypes[format], fileName: `tickets.${format}`, pieces }
    }
  return {
    '/export/tickets.csv': createDownloadHandler('csv'),
    '/export/tickets.jsonl': createDownloadHandler('jsonl'),
  }
}
