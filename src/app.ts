import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { isMigrated } from './database/migrate.ts'
import type { Database } from './database/open.ts'
import { createDatabaseSizeReader } from './database/size.ts'
import { exportDownloads } from './export/export.downloads.ts'
import { createFeed, type Feed } from './feed/feed.cache.ts'
import { decodeFeedCursor } from './feed/feed-cursor.ts'
import { createAnonymousDocuments } from './graphql/anonymous-documents.ts'
import { contextFactory } from './graphql/create-context.ts'
import { createDocumentCache } from './graphql/document-cache.ts'
import { createEndpoint } from './graphql/endpoint.ts'
import { createExecute, type Execute } from './graphql/execute.ts'
import { createOperationReader } from './graphql/operation-reader.ts'
import { createParameterQuotas } from './graphql/parameters.ts'
import { createPersistedDocuments, type DocumentManifest } from './graphql/persisted-documents.ts'
import { createAddressReader } from './http/address.ts'
import { createAuthenticate } from './http/authenticate.ts'
import { createCors } from './http/cors.ts'
import { useDownloads } from './http/download.ts'
import { presentResult, toLoggableError } from './http/error-response.ts'
import { eventsOf } from './http/event-stream.ts'
import { createHandler, type Handler } from './http/handler.ts'
import { useHealthChecks } from './http/health.ts'
import { createMetrics, type Metrics, useMetrics } from './http/metrics.ts'
import { usePageRequests } from './http/page-requests.ts'
import { createPages } from './http/pages.ts'
import { createRates } from './http/rates.ts'
import { logRequests, type RequestListener } from './http/request-log.ts'
import { createResponseQuota } from './http/response-quota.ts'
import { reuseResults } from './http/reuse-results.ts'
import { isSchemaPath, useSchemaFiles } from './http/schema-files.ts'
import { isSitePath, useSite } from './http/site.ts'
import { createStreams } from './live/streams.ts'
import { createSubscribe } from './live/subscribe.ts'
import { createWebSockets, type Upgrade } from './live/web-sockets.ts'
import { hasHiddenObject } from './node/hidden-object.actions.ts'
import { printPossibleTypes, printSortedSchema, schema } from './schema.ts'
import type { ViewerCache } from './viewer.ts'

export interface AppOptions {
  readonly config: Config
  readonly database: Database
  readonly viewerCache: ViewerCache
  readonly log: Logger
  /** Called after a delivery of a webhook was queued, or a webhook created. */
  readonly wakeWebhooks?: () => void
  /** Documents that clients can identify by their hash. */
  readonly manifest?: DocumentManifest
  readonly trace?: ((execute: Execute) => Execute) | undefined
  /** If true, /ready returns 503. */
  readonly isStopping?: () => boolean
}

const path = '/graphql'

export interface App extends Handler {
  readonly follow: Feed['follow']
  readonly metrics: Metrics | null
  /** Handles a request for a WebSocket. */
  readonly upgrade: Upgrade
  /** Ends all streams within two seconds, so that their clients return to another server. */
  readonly stopStreams: () => void
  readonly dispose: () => Promise<void>
}

/** Assembles the HTTP interface. Opens nothing, and starts only the timer of the feed. */
export function createApp({
  config,
  database,
  viewerCache,
  log,
  wakeWebhooks = () => {},
  manifest = new Map(),
  trace = (execute) => execute,
  isStopping = () => false,
}: AppOptions): App {
  const metrics =
    config.metricsToken !== null || config.metricsPort !== null
      ? createMetrics(database.pool, () => streams.count())
      : null
  const logRequest = logRequests(log)
  const onCompleted: RequestListener = (request) => {
    logRequest(request)
    metrics?.countRequest(request)
  }
  const documents = createDocumentCache({
    schema,
    suggestions: config.introspection === 'open',
    compilation: config.compilation,
    onRun: metrics?.countRun ?? (() => {}),
  })
  const rates = createRates({
    requests: config.rateRequests,
    points: config.ratePoints,
    pool: config.rateStore === 'database' ? database.pool : null,
  })
  const cors = createCors(config.corsOrigins)
  const readAnonymousDocument = createAnonymousDocuments({
    schema,
    rates,
    isRestricted: config.introspection === 'signed-in',
    onRun: metrics?.countRun ?? (() => {}),
  })
  const readDatabaseSize = createDatabaseSizeReader(database.pool)
  const authenticate = createAuthenticate(viewerCache, rates)
  const createContext = contextFactory({
    config,
    database,
    viewerCache,
    authenticate,
    documents,
    rates,
    readDatabaseSize,
    wakeWebhooks,
  })
  const isDatabaseReady = reuseResults(async () => {
    await database.prisma.user.findFirst({ select: { id: true } })
    return isMigrated(database.pool)
  })
  const downloads = exportDownloads({ schema, rates, database })
  const metricsPaths = config.metricsToken === null ? [] : ['/metrics']
  const paths = ['/health', '/ready', ...metricsPaths, ...Object.keys(downloads)]
  const pages = createPages({
    endpoint: path,
    isServed: (pathname) => paths.includes(pathname) || isSchemaPath(pathname) || isSitePath(pathname),
    log,
    plugins: [
      usePageRequests({ cors, authenticate, rates, onCompleted, log }),
      useHealthChecks({
        isHealthy: () => !database.failure.aborted,
        isReady: async () => !isStopping() && (await isDatabaseReady().catch(() => false)),
      }),
      useMetrics(metrics, config.metricsToken),
      useSite(config, { endpoint: path, log }),
      useSchemaFiles(config, {
        print: { '/schema.graphql': printSortedSchema, '/possible-types.json': printPossibleTypes },
        log,
      }),
      useDownloads(downloads, createContext, log),
    ],
  })
  const readOperation = createOperationReader({
    documents: createPersistedDocuments({ manifest, isExclusive: config.documentsOnly, schema }),
    readAnonymousDocument,
  })
  const onError = (error: unknown) => log.error({ err: toLoggableError(error) }, 'feed')
  const feed = createFeed({
    ...database,
    days: config.changesDays,
    onError,
  })
  const streams = createStreams({
    db: database.db,
    follow: feed.follow,
    watchAccess: viewerCache.watch,
    isCursor: (value) => typeof value === 'string' && decodeFeedCursor(value) !== null,
    present: (result, { requestId }) => presentResult(result, { requestId, log }),
    onError,
  })
  const subscribe = createSubscribe({ rates, viewerCache, streams })
  const execute = trace(createExecute(rates, hasHiddenObject, feed.announce))
  const addressOf = createAddressReader(config.trustedProxies)
  const endpoint = createEndpoint({
    path,
    readOperation,
    rates,
    quotas: createParameterQuotas(),
    limitResponse: createResponseQuota(),
    createContext,
    execute,
    subscribe: async (request) => eventsOf(await subscribe(request), streams.stopping),
    cors,
    onCompleted,
    log,
  })
  return {
    ...createHandler({
      path,
      cors,
      endpoint,
      pages,
      addressOf,
      onCompleted,
      log,
    }),
    upgrade: createWebSockets({
      schema,
      path,
      cors,
      addressOf,
      rates,
      createContext,
      readOperation,
      execute,
      subscribe,
      stopping: streams.stopping,
      log,
    }),
    follow: feed.follow,
    metrics,
    stopStreams: streams.stop,
    async dispose() {
      streams.stop()
      await feed[Symbol.asyncDispose]()
      await pages.dispose()
    },
  }
}
