import { EventEmitter, once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { createViewerCache } from './auth/viewer.cache.ts'
import { CannotStart, reasonOf } from './cannot-start.ts'
import type { Config } from './config.ts'
import type { Database } from './database/open.ts'
import { isMultipart } from './http/content-type.ts'
import type { Metrics } from './http/metrics.ts'
import { openMigrated } from './migrated.ts'

const graceMilliseconds = 10_000

/** How long clients may take, in milliseconds. */
interface Timeouts {
  /** To send the head of a request. */
  readonly head: number
  /** To send a body, without files and with them. */
  readonly body: number
  readonly files: number
  /** To receive any part of a response. */
  readonly response: number
  /** Interval at which the first three are checked. */
  readonly interval: number
}

const defaultTimeouts: Timeouts = { head: 20_000, body: 60_000, files: 600_000, response: 60_000, interval: 5000 }

/** A server that listens. Disposing it answers what was begun, at most ten seconds long, and closes the database. */
export interface Server extends AsyncDisposable {
  /** Where it listens, such as http://localhost:4000. */
  readonly url: string
  readonly database: Database
}

interface StartOptions {
  /** Runs before the server takes requests. */
  readonly prepare?: (database: Database) => Promise<void>
  readonly timeouts?: Timeouts
}

/** Starts the server: the database first, then the port. */
export async function startServer(
  config: Config,
  log: Logger,
  { prepare = async () => {}, timeouts = defaultTimeouts }: StartOptions = {},
): Promise<Server> {
  const database = await openMigrated(config, log)
  let stopping = false
  const viewerCache = createViewerCache(database.db, database.listen)
  const app = createApp({
    config,
    database,
    viewerCache,
    log,
    isStopping: () => stopping,
    trace: config.tracing ? (await import('./graphql/trace.ts')).traceExecution : undefined,
  })
  let inFlight = 0
  const drained = new EventEmitter()
  const serverOptions = {
    requestTimeout: timeouts.files,
    headersTimeout: timeouts.head,
    connectionsCheckingInterval: timeouts.interval,
  }
  const http = createServer(serverOptions, (request, response) => {
    inFlight++
    const header = (name: string) => request.headers[name]?.toString()
    const late = setTimeout(() => request.complete || request.destroy(), timeouts.body)
    // The work on a request may take longer, receiving its response may not.
    response.setTimeout(timeouts.response, () => response.headersSent && response.destroy())
    if (isMultipart({ method: request.method ?? '', header })) clearTimeout(late)
    request.once('close', () => clearTimeout(late))
    response.once('close', () => {
      inFlight--
      drained.emit('request')
    })
    void app.handle(request, response)
  })
  const close = async () => {
    await app.dispose()
    await viewerCache[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  let metrics: HttpServer | null = null
  try {
    await prepare(database)
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
      // Until the last request is answered the port stays open, and /ready says that the server is leaving.
      const deadline = AbortSignal.timeout(graceMilliseconds)
      while (inFlight > 0 && !deadline.aborted) await once(drained, 'request', { signal: deadline }).catch(() => {})
      const closed = once(http, 'close')
      http.close()
      if (deadline.aborted) http.closeAllConnections()
      else deadline.addEventListener('abort', () => http.closeAllConnections())
      await closed
      metrics?.close()
      await close()
    },
  }
}

/** Shows figures at a port of their own, where there is to be one. */
async function listenForMetrics({ host, metricsPort }: Config, metrics: Metrics | null): Promise<HttpServer | null> {
  if (metricsPort === null || !metrics) return null
  const http = createServer(async (request, response) => {
    if (request.url !== '/metrics') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text())
  })
  await listen(http, 'SNAGLIST_METRICS_PORT', metricsPort, host)
  return http
}

/** Listens; `setting` is what the port comes from. */
const listen = (http: HttpServer, setting: string, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new CannotStart(
              `Port ${port} of ${host} is taken.`,
              `Stop what listens there, or set ${setting} to another.`,
            )
          : new CannotStart(`It cannot listen: ${reasonOf(error)}.`, `Look at HOST and ${setting}.`),
      )
    http.once('error', refuse).listen(port, host, () => resolve())
  })
