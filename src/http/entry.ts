import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import type { Documents } from '../document/documents.ts'
import { CallerGone, Unauthenticated, Unavailable } from '../errors.ts'
import type { AddressOf } from './address.ts'
import type { Execute } from './execution.ts'
import { hasFiles, receiveFiles } from './multipart.ts'
import type { Allowance, Rates } from './rates.ts'
import { requestIdFrom, requestIdHeader } from './request-id.ts'
import type { Tell } from './request-log.ts'
import {
  type Answer,
  contentTypeFor,
  type Header,
  mayBeShort,
  type Parameters,
  parametersOf,
  shortcut,
} from './shortcut.ts'

/** Where requests enter: the short cut where it may be taken, else Yoga. */
export interface Entry {
  /** Answers a request of Node's http server. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Answers a request in process, as if it came from an address. */
  readonly fetch: (url: string, init?: RequestInit, address?: string) => Promise<Response>
}

interface EntryOptions {
  readonly yoga: YogaServerInstance<FromEntry, Context>
  readonly documents: Documents
  readonly contextOf: (header: Header, requestId: string, address: string) => Promise<Context>
  readonly addressOf: AddressOf
  readonly rates: Rates
  readonly execute: Execute
  readonly tell: Tell
  readonly log: Logger
  readonly endpoint: string
  readonly maxBodyBytes: number
  readonly maxFileBytes: number
}

/** What Yoga is told of a request that was begun: the answer that it has to send, or why its caller is refused. */
export interface Begun extends Partial<Answer> {
  readonly start: number
  readonly refused?: unknown
}

/** What Yoga is told of every request beside what is in it. */
export interface FromEntry {
  /** Where it comes from. */
  readonly address: string
  readonly begun?: Begun
}

interface Asked {
  readonly address: string
  readonly url: string
  readonly header: Header
  readonly headers: Record<string, string>
}

interface Posted extends Asked {
  readonly body: string
  /** What the body asks for, with files where it has some; null where it is at fault. */
  readonly parameters: Parameters | null
  /** Why the request is refused, where that is known already. */
  readonly refusal?: unknown | null
}

/** Puts the short cut in front of Yoga. */
export function makeEntry({
  yoga,
  documents,
  contextOf,
  addressOf,
  rates,
  execute,
  tell,
  log,
  endpoint,
  maxBodyBytes,
  maxFileBytes,
}: EntryOptions): Entry {
  async function answer({ address, url, header, headers, body, parameters, refusal }: Posted) {
    const start = performance.now()
    const requestId = requestIdFrom(header(requestIdHeader))
    let refused: unknown = refusal ?? undefined
    if (refusal instanceof Unavailable && refusal.cause)
      log.error({ err: refusal.cause, requestId }, 'files cannot be kept')
    let short: Answer | null = null
    let text: string | null = null
    let allowance: Allowance | null = null
    try {
      allowance = await rates.request(address)
      short = await shortcut(parameters, documents, () => contextOf(header, requestId, address), execute)
      // Yoga also says to pages of which origins they may read the answer.
      if (short && !short.result.errors && !header('origin') && contentTypeFor(header))
        text = JSON.stringify(short.result)
    } catch (error) {
      refused = error
      short = null
    }
    if (!short || text === null) {
      const init = {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), [requestIdHeader]: requestId },
        body,
      }
      const begun: Begun = { start, refused, ...short, headers: { ...allowance, ...short?.headers } }
      const response = await yoga.fetch(new yoga.fetchAPI.Request(url, init), { begun, address } satisfies FromEntry)
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }
    const { operation, context, cost } = short
    const user = context.viewer?.username
    tell({ requestId, method: 'POST', path: endpoint, status: 200, start, operation, cost, user })
    return {
      status: 200,
      headers: {
        'content-type': contentTypeFor(header) as string,
        [requestIdHeader]: requestId,
        'x-content-type-options': 'nosniff',
        ...allowance,
        ...short.headers,
      },
      body: text,
    }
  }

  async function answerWithFiles(asked: Asked, body: Readable, signal: AbortSignal) {
    // Nobody's files are taken in.
    const refusal = await contextOf(asked.header, requestIdFrom(null), asked.address).then(
      ({ viewer }) => (viewer ? null : new Unauthenticated()),
      (error: unknown) => error,
    )
    await using received = await receiveFiles(asked.header, body, { maxBodyBytes, maxFileBytes, signal, refusal })
    return await answer({
      ...asked,
      headers: { ...asked.headers, 'content-type': 'application/json' },
      ...received,
      // What cannot be answered is not done.
      parameters: contentTypeFor(asked.header) ? received.parameters : null,
    })
  }

  return {
    async handle(request, response) {
      const headers = request.headers as Record<string, string>
      const header: Header = (name) => headers[name]
      const address = addressOf(request)
      const asked = { address, url: `http://${headers['host'] ?? 'localhost'}${endpoint}`, header, headers }
      try {
        if (request.url === endpoint && hasFiles(request.method, header)) {
          const gone = new AbortController()
          response.once('close', () => response.writableFinished || gone.abort(new CallerGone()))
          send(response, await answerWithFiles(asked, request, gone.signal))
        } else if (request.url === endpoint && mayBeShort(request.method, header, maxBodyBytes)) {
          const body = await bodyOf(request)
          if (body !== null) send(response, await answer({ ...asked, body, parameters: parametersOf(body) }))
        } else await yoga(request, response, { address } satisfies FromEntry)
      } catch (error) {
        log.error({ err: error }, 'unexpected error')
        response.destroy()
      }
    },
    async fetch(url, init, address = '127.0.0.1') {
      const request = new Request(url, init)
      const header: Header = (name) => request.headers.get(name)
      const asked = { address, url, header, headers: Object.fromEntries(request.headers) }
      const pass = () => yoga.fetch(url, init ?? {}, { address } satisfies FromEntry)
      if (new URL(url).pathname !== endpoint) return pass()
      if (hasFiles(request.method, header) && request.body) {
        const signal = init?.signal ?? new AbortController().signal
        const answered = await answerWithFiles(asked, Readable.fromWeb(request.body as ReadableStream), signal)
        return new Response(answered.body, answered)
      }
      const body = init?.body
      if (typeof body !== 'string') return pass()
      request.headers.set('content-length', String(Buffer.byteLength(body)))
      if (!mayBeShort(request.method, header, maxBodyBytes)) return pass()
      const answered = await answer({ ...asked, body, parameters: parametersOf(body) })
      return new Response(answered.body, answered)
    },
  }
}

interface Answered {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

function send(response: ServerResponse, { status, headers, body }: Answered): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** The body of a request; null when its sender has gone before the end. */
function bodyOf(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => resolve(Buffer.concat(chunks).toString()))
    request.once('close', () => resolve(null))
  })
}
