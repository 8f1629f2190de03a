import { EventEmitter, once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { CannotStart, reasonOf } from './cannot-start.ts'
import type { Config } from './config.ts'
import type { Database } from './database/open.ts'
import type { Metrics } from './http/metrics.ts'
import { hasFiles } from './http/multipart.ts'
import { openMigrated } from './migrated.ts'

const graceMilliseconds = 10_000

/** How long callers may take, in milliseconds. */
interface Patience {
  /** For the head of a request. */
  readonly head: number
  /** For the body of one, without files and with them. */
  readonly body: number
  readonly files: number
  /** For taking any part of an answer. */
  readonly answer: number
  /** How often heads and bodies are looked at. */
  readonly checked: number
}

const usualPatience: Patience = { head: 20_000, body: 60_000, files: 600_000, answer: 60_000, checked: 5000 }

/** A server that listens. Disposing it answers what was begun, at most ten seconds long, and closes the database. */
export interface Server extends AsyncDisposable {
  /** Where it listens, such as http://localhost:4000. */
  readonly url: string
  readonly database: Database
}

interface StartOptions {
  /** Runs before the server takes requests. */
  readonly prepare?: (database: Database) => Promise<void>
  readonly patience?: Patience
}

/** Starts the server: the database first, then the port. */
export async function startServer(
  config: Config,
  log: Logger,
  { prepare = async () => {}, patience = usualPatience }: StartOptions = {},
): Promise<Server> {
  const database = await openMigrated(config, log)
  let stopping = false
  const app = createApp({
    config,
    database,
    log,
    isStopping: () => stopping,
    trace: config.tracing ? (await import('./http/traced.ts')).traced : undefined,
  })
  let inFlight = 0
  const drained = new EventEmitter()
  const times = {
    requestTimeout: patience.files,
    headersTimeout: patience.head,
    connectionsCheckingInterval: patience.checked,
  }
  const http = createServer(times, (request, response) => {
    inFlight++
    const header = (name: string) => request.headers[name]?.toString()
    const late = setTimeout(() => request.complete || request.destroy(), patience.body)
    // A request may be worked on for longer; an answer must be taken.
    response.setTimeout(patience.answer, () => response.headersSent && response.destroy())
    if (hasFiles(request.method, header)) clearTimeout(late)
    request.once('close', () => clearTimeout(late))
    response.once('close', () => {
      inFlight--
      drained.emit('request')
    })
    // Yoga makes a URL of the two, and tells callers the stack of what fails there.
    if (URL.canParse(`http://${request.headers.host ?? 'localhost'}${request.url}`)) void app.handle(request, response)
    else response.writeHead(400).end()
  })
  let metrics: HttpServer | null = null
  try {
    await prepare(database)
    metrics = await listenForMetrics(config, app.metrics)
    await listen(http, 'PORT', config.port, config.host)
  } catch (error) {
    metrics?.close()
    await app.dispose()
    await database[Symbol.asyncDispose]()
    throw error
  }
  const { port } = http.address() as AddressInfo
  return {
    url: `http://${config.host === '127.0.0.1' || config.host === '0.0.0.0' ? 'localhost' : config.host}:${port}`,
    database,
    async [Symbol.asyncDispose]() {
      stopping = true
      // Until the last request is answered the port stays open, and /ready says that the server is leaving.
      const impatience = AbortSignal.timeout(graceMilliseconds)
      while (inFlight > 0 && !impatience.aborted) await once(drained, 'request', { signal: impatience }).catch(() => {})
      const closed = once(http, 'close')
      http.close()
      if (impatience.aborted) http.closeAllConnections()
      else impatience.addEventListener('abort', () => http.closeAllConnections())
      await closed
      metrics?.close()
      await app.dispose()
      await database[Symbol.asyncDispose]()
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
