import type { GraphQLSchema } from 'graphql'
import { type Context, requireViewer } from '../context.ts'
import type { Database } from '../database/open.ts'
import { withoutQuota } from '../database/request-quota.ts'
import { formatNumber, QueryTooComplex } from '../errors.ts'
import type { Download, Downloads } from '../http/download.ts'
import type { Rates } from '../http/rates.ts'
import { filterScope, filterWork } from '../ticket/ticket.cost.ts'
import { type ExportFormat, exportTickets } from './export.actions.ts'
import { parseParameters } from './export.parser.ts'

interface ExportServices {
  readonly schema: GraphQLSchema
  readonly rates: Rates
  readonly database: Database
}

const ticketsPerPoint = 40
const contentTypes = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' }

const costMessage = (cost: number, limit: number) =>
  `The cost of the filter, ${formatNumber(cost)}, exceeds the limit of ${formatNumber(limit)}. Compare fewer fields, or export parts.`

/** Parameters: `project` is an id or a key, `filter` a TicketFilter as JSON, `bom` true for a byte order mark in CSV. */
export function exportDownloads({ schema, rates, database }: ExportServices): Downloads {
  const createDownloadHandler =
    (format: ExportFormat) =>
    async (context: Context, parameters: URLSearchParams): Promise<Download> => {
      const viewer = requireViewer(context)
      const { costLimit, introspection } = context.config
      const { project, filter, bom } = parseParameters(parameters, schema, introspection === 'open')
      const size = await context.readDatabaseSize()
      const projectFilter = project === null ? filter : { ...filter, project: { eq: project } }
      const scope = filterScope(projectFilter, size)
      const cost = filterWork(projectFilter, scope)
      if (cost > costLimit) throw new QueryTooComplex(costMessage(cost, costLimit), cost, costLimit)
      await rates.spend(`user ${viewer.id}`, cost + Math.ceil(scope.tickets / ticketsPerPoint))
      // All pages together may exceed the quota of a request.
      const unmeteredContext = { ...context, db: withoutQuota(database.db) }
      const pieces = await exportTickets(unmeteredContext, format, { project, filter, bom })
      return { type: contentTypes[format], fileName: `tickets.${format}`, pieces }
    }
  return {
    '/export/tickets.csv': createDownloadHandler('csv'),
    '/export/tickets.jsonl': createDownloadHandler('jsonl'),
  }
}
