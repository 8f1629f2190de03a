import { createYoga, useReadinessCheck } from 'graphql-yoga'
import type { Logger } from 'pino'
import { type Callers, openCallers } from './auth/caller.cache.ts'
import type { Config } from './config.ts'
import { type Context, requireViewer } from './context.ts'
import { isMigrated } from './database/migrate.ts'
import type { Database } from './database/open.ts'
import { withoutQuota, withRequestQuota } from './database/request-quota.ts'
import { type Documents, rememberDocuments } from './document/documents.ts'
import { Unauthenticated } from './errors.ts'
import { type ExportFormat, exportTickets } from './export/export.actions.ts'
import { parseFilter } from './export/ticket-filter.parser.ts'
import { readAddresses } from './http/address.ts'
import { useBodyLimit } from './http/body-limit.ts'
import { useJsonOnly, useNoSniffing } from './http/content.ts'
import { type Download, useDownloads } from './http/download.ts'
import { type Entry, type FromEntry, makeEntry } from './http/entry.ts'
import { maskError, useErrorLog } from './http/errors.ts'
import { type Execute, executeWithin, useExecution } from './http/execution.ts'
import { useSchemaPages } from './http/graphiql.ts'
import { useLandingPage } from './http/landing.ts'
import { type Metrics, openMetrics, useMetrics } from './http/metrics.ts'
import { allowanceHeaders, openRates, type Rates, useRates } from './http/rates.ts'
import { replayedHeader } from './http/repeated.ts'
import { requestIdHeader, requestIdOf, useRequestId } from './http/request-id.ts'
import { logRequests, type Tell, useRequestLog } from './http/request-log.ts'
import { type Header, useShortcut } from './http/shortcut.ts'
import { printedSchema, schema } from './schema.ts'
import { filterCost } from './ticket/ticket.cost.ts'

export interface AppOptions {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  /** Has operations traced. */
  readonly trace?: ((execute: Execute) => Execute) | undefined
  /** Whether the server is about to stop, so that /ready says no. */
  readonly isStopping?: () => boolean
}

const maxBodyBytes = 1_000_000
const maxFileBytes = 1_000_000_000
const endpoint = '/graphql'

/** The whole HTTP interface: for Node's http server, or in process by its `fetch`. */
export interface App extends Entry {
  /** Its figures; null where nobody asked for them. */
  readonly metrics: Metrics | null
  readonly dispose: () => Promise<void>
}

/** Makes the HTTP interface over a database. */
export function createApp({
  config,
  database,
  log,
  isStopping = () => false,
  trace = (execute) => execute,
}: AppOptions): App {
  const callers = openCallers(database)
  const open = config.introspection === 'open'
  const documents = rememberDocuments({ schema, suggesting: open })
  const metrics = config.metricsToken !== null || config.metricsPort !== null ? openMetrics(database.pool) : null
  const logged = logRequests(log)
  const tell: Tell = (request) => {
    logged(request)
    metrics?.count(request)
  }
  const rates = openRates({
    requests: config.rateRequests,
    points: config.ratePoints,
    pool: config.rateStore === 'database' ? database.pool : null,
  })
  const execute = trace(executeWithin(rates))
  const makeContext = (header: Header, requestId: string, address: string) =>
    contextOf({ header, requestId, address }, { config, database, callers, documents })
  const isSignedIn = async (request: Request) => {
    const secret = secretIn(request.headers.get('authorization'))
    return secret !== null && (await callers.find(secret).catch(() => null)) !== null
  }
  const yoga = createYoga<FromEntry, Context>({
    schema,
    context: ({ request, ...server }) => {
      const { begun, address } = server as unknown as FromEntry
      if (begun?.refused) throw begun.refused
      return makeContext((name) => request.headers.get(name), requestIdOf(request), address)
    },
    batching: false,
    // Documents are remembered by `documents`, in a memory of a known size.
    parserAndValidationCache: false,
    multipart: false,
    graphqlEndpoint: endpoint,
    maxRequestBodySize: false,
    // Given the whole list, Yoga answers others with "null", which is the origin of any page in a sandbox.
    cors: (request) => {
      const origin = request.headers.get('origin') ?? ''
      return (
        config.corsOrigins.includes(origin) && {
          origin,
          methods: ['GET', 'POST'],
          allowedHeaders: ['authorization', 'content-type', 'idempotency-key', requestIdHeader],
          exposedHeaders: [requestIdHeader, 'retry-after', replayedHeader, ...allowanceHeaders],
          credentials: false,
        }
      )
    },
    graphiql: false,
    landingPage: false,
    logging: false,
    maskedErrors: { maskError },
    plugins: [
      useRequestId(),
      useRequestLog(tell),
      useMetrics(metrics, config.metricsToken),
      useErrorLog(log),
      useRates(rates),
      useLandingPage(),
      useSchemaPages(config, { endpoint, printedSchema, isSignedIn }),
      useDownloads(
        {
          '/export/tickets.csv': ticketsAs('csv', rates, database),
          '/export/tickets.jsonl': ticketsAs('jsonl', rates, database),
        },
        (request, address) => makeContext((name) => request.headers.get(name), requestIdOf(request), address),
        log,
      ),
      useReadinessCheck({ check: async () => !isStopping() && (await isMigrated(database.pool).catch(() => false)) }),
      useJsonOnly(),
      useNoSniffing(),
      useBodyLimit(maxBodyBytes),
      useShortcut(),
      useExecution(documents, execute),
    ],
  })
  return {
    ...makeEntry({
      yoga,
      documents,
      contextOf: makeContext,
      addressOf: readAddresses(config.trustedProxies),
      rates,
      execute,
      tell,
      log,
      endpoint,
      maxBodyBytes,
      maxFileBytes,
    }),
    metrics,
    async dispose() {
      await yoga.dispose()
      await callers[Symbol.asyncDispose]()
    },
  }
}

/** What an export counts as, of what its user may spend in a minute. */
const exportPoints = 5000
const exportTypes = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' }

/** The download of tickets: `project` by id or key, and `filter`, a TicketFilter as JSON. */
const ticketsAs =
  (format: ExportFormat, rates: Rates, { db }: Database) =>
  async (context: Context, parameters: URLSearchParams): Promise<Download> => {
    const filter = parseFilter(schema, parameters.get('filter'))
    await rates.spend(requireViewer(context).id, exportPoints + filterCost(filter))
    // Page by page it may take as much as there is.
    const pieces = await exportTickets({ ...context, db: withoutQuota(db) }, format, parameters.get('project'), filter)
    return { type: exportTypes[format], fileName: `tickets.${format}`, pieces }
  }

const secretIn = (authorization: string | null | undefined) => /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null

interface Asking {
  readonly header: Header
  readonly requestId: string
  readonly address: string
}

interface Serving extends Pick<AppOptions, 'config' | 'database'> {
  readonly callers: Callers
  readonly documents: Documents
}

async function contextOf(
  { header, requestId, address }: Asking,
  { config, database, callers, documents }: Serving,
): Promise<Context> {
  const authorization = header('authorization')
  const secret = secretIn(authorization)
  const caller = secret ? await callers.find(secret) : null
  if (authorization && !caller)
    throw new Unauthenticated('The token is unknown, has expired or was revoked. Sign in again.', 401)
  return {
    config,
    db: withRequestQuota(database.db),
    transaction: database.transaction,
    bulkTransaction: database.bulkTransaction,
    requestId,
    address,
    documents,
    traceParent: header('traceparent') ?? null,
    idempotencyKey: header('idempotency-key') ?? null,
    once: null,
    viewer: caller?.viewer ?? null,
    token: caller?.token ?? null,
    forgetCallers: callers.forget,
    loaders: new Map(),
  }
}
