import { EventEmitter, once } from 'node:events'
import type { Server as HttpServer, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { createViewerCache } from './auth/viewer.cache.ts'
import type { Config } from './config.ts'
import type { Database } from './database/open.ts'
import type { DocumentManifest } from './graphql/persisted-documents.ts'
import { viewerContextFactory } from './graphql/viewer-context.ts'
import { isMultipart } from './http/content-type.ts'
import type { Metrics } from './http/metrics.ts'
import { isRead } from './http/page-requests.ts'
import { closeLingering, type DurationLimit, limitDuration } from './http/slow-clients.ts'
import { openMigratedDatabase } from './migrated-database.ts'
import { schema } from './schema.ts'
import { reasonOf, StartupError } from './startup-errors.ts'
import { createFanOut } from './webhook/fan-out.actions.ts'
import { startWebhookWorker, type WebhookWorker } from './webhook/worker.actions.ts'

// An import of the module would load the WebSocket that it exports, which takes 30 ms.
const { createServer } = process.getBuiltinModule('node:http')

/** Timeouts of clients, in milliseconds. */
interface Timeouts {
  readonly requestHead: number
  readonly requestBody: number
  /** For a request with files, as a whole. */
  readonly upload: number
  /** For a response without progress. */
  readonly response: number
  /** For a response as a whole. */
  readonly download: DurationLimit
  /** For the rest of a body after the response. */
  readonly unreadBody: number
  readonly checkInterval: number
  /** For pending requests when the server stops. */
  readonly grace: number
}

const defaultTimeouts: Timeouts = {
  requestHead: 20_000,
  requestBody: 60_000,
  upload: 600_000,
  response: 60_000,
  download: { milliseconds: 600_000, bytesPerMillisecond: 100 },
  unreadBody: 5000,
  checkInterval: 5000,
  grace: 5000,
}

/** A running server. Disposing it completes pending requests for at most five seconds, then closes the database. */
export interface Server extends AsyncDisposable {
  readonly url: string
  readonly database: Database
}

interface StartOptions {
  /** By default the configured one is opened. The server closes it, also if it cannot listen. */
  readonly database?: Database
  readonly timeouts?: Partial<Timeouts>
}

export async function startServer(
  config: Config,
  log: Logger,
  { database: givenDatabase, timeouts: givenTimeouts = {} }: StartOptions = {},
): Promise<Server> {
  const timeouts = { ...defaultTimeouts, ...givenTimeouts }
  const database = givenDatabase ?? (await openMigratedDatabase(config, log))
  const manifest = await readConfiguredManifest(config).catch(async (error: unknown) => {
    await database[Symbol.asyncDispose]()
    throw error
  })
  let stopping = false
  const viewerCache = createViewerCache(database.db, database.listen)
  const fanOut = createFanOut({
    db: database.db,
    schema,
    createContext: viewerContextFactory(config, database),
    log,
  })
  let webhookWorker: WebhookWorker | null = null
  const app = createApp({
    config,
    database,
    wakeWebhooks: () => webhookWorker?.wake(),
    viewerCache,
    log,
    manifest,
    isStopping: () => stopping,
    trace: config.tracing ? (await import('./graphql/trace.ts')).traceExecution : undefined,
  })
  webhookWorker = startWebhookWorker({ database, config, fanOut, follow: app.follow, log })
  let pendingRequests = 0
  const completions = new EventEmitter()
  const serverOptions = {
    requestTimeout: timeouts.upload,
    headersTimeout: timeouts.requestHead,
    connectionsCheckingInterval: timeouts.checkInterval,
  }
  const onRequest: RequestListener = (request, response) => {
    pendingRequests++
    const header = (name: string) => request.headers[name]?.toString()
    const bodyTimeout = setTimeout(() => request.complete || request.destroy(), timeouts.requestBody)
    // Limits the transfer of the response, not the execution before it.
    response.setTimeout(timeouts.response, () => response.headersSent && response.destroy())
    limitDuration(request, response, timeouts.download)
    closeLingering(request, response, timeouts.unreadBody)
    if (isMultipart({ method: request.method ?? '', header })) clearTimeout(bodyTimeout)
    request.once('close', () => clearTimeout(bodyTimeout))
    response.once('close', () => {
      pendingRequests--
      completions.emit('request')
    })
    void app.handle(request, response)
  }
  const http = createServer(serverOptions, onRequest)
  const upgradedSockets = new Set<Duplex>()
  http.on('upgrade', (request, socket, head) => {
    pendingRequests++
    upgradedSockets.add(socket)
    socket.once('close', () => {
      pendingRequests--
      upgradedSockets.delete(socket)
      completions.emit('request')
    })
    void app.upgrade(request, socket, head)
  })
  // Otherwise Node asks for the body of every request with `Expect: 100-continue`.
  http.on('checkContinue', onRequest)
  const close = async () => {
    await webhookWorker?.[Symbol.asyncDispose]()
    await app.dispose()
    await viewerCache[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  let metrics: HttpServer | null = null
  try {
    metrics = await listenForMetrics(config, app.metrics)
    await listen(http, 'PORT', config.port, config.host)
  } catch (error) {
    metrics?.close()
    await close()
    throw error
  }
  const { port } = http.address() as AddressInfo
  return {
    url: `http://${config.host === '127.0.0.1' || config.host === '0.0.0.0' ? 'localhost' : config.host}:${port}`,
    database,
    async [Symbol.asyncDispose]() {
      stopping = true
      app.stopStreams()
      const webhooksStop = webhookWorker?.[Symbol.asyncDispose]()
      // The port stays open during the grace period, so that /ready returns 503.
      const deadline = AbortSignal.timeout(timeouts.grace)
      while (pendingRequests > 0 && !deadline.aborted)
        await once(completions, 'request', { signal: deadline }).catch(() => {})
      const httpClose = once(http, 'close')
      http.close()
      const closeConnections = () => {
        http.closeAllConnections()
        for (const socket of upgradedSockets) socket.destroy()
      }
      if (deadline.aborted) closeConnections()
      else deadline.addEventListener('abort', closeConnections)
      await httpClose
      metrics?.close()
      await webhooksStop
      await close()
    },
  }
}

async function readConfiguredManifest({ documentsDirectory }: Config): Promise<DocumentManifest> {
  if (documentsDirectory === null) return new Map()
  const { readDocumentManifest } = await import('./graphql/document-manifest.ts')
  return readDocumentManifest(documentsDirectory, schema)
}

async function listenForMetrics({ host, metricsPort }: Config, metrics: Metrics | null): Promise<HttpServer | null> {
  if (metricsPort === null || !metrics) return null
  const http = createServer(async ({ method = '', url }, response) => {
    if (url !== '/metrics') return response.writeHead(404).end()
    if (!isRead(method)) return response.writeHead(405, { allow: 'GET, HEAD' }).end()
    const text = await metrics.text()
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
  })
  await listen(http, 'SNAGLIST_METRICS_PORT', metricsPort, host)
  return http
}

/** `setting` is the variable that sets the port. */
const listen = (http: HttpServer, setting: string, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartupError(
              `Port ${port} on ${host} is already in use.`,
              `Stop the process that uses it, or set ${setting} to another port.`,
            )
          : new StartupError(
              `The server cannot listen on port ${port} of ${host}: ${reasonOf(error)}.`,
              `Check HOST and ${setting}.`,
            ),
      )
    http.once('error', fail).listen(port, host, () => resolve())
  })
