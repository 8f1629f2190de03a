import type { IncomingMessage, ServerResponse } from 'node:http'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import type { Documents } from './documents.ts'
import { requestIdFrom, requestIdHeader } from './request-id.ts'
import { logRequest } from './request-log.ts'
import { type Answer, contentTypeFor, type Header, mayBeShort, shortcut } from './shortcut.ts'

/** Where requests enter: the short cut where it may be taken, else Yoga. */
export interface Entry {
  /** Answers a request of Node's http server. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Answers a request in process. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
}

interface EntryOptions {
  readonly yoga: YogaServerInstance<Record<never, never>, Context>
  readonly documents: Documents
  readonly contextOf: (header: Header, requestId: string) => Promise<Context>
  readonly log: Logger
  readonly endpoint: string
  readonly maxBodyBytes: number
}

/** What Yoga is told of a request that was begun: the answer that it has to send, or why its caller is refused. */
export interface Begun extends Partial<Answer> {
  readonly start: number
  readonly refused: unknown
}

interface Posted {
  readonly url: string
  readonly header: Header
  readonly headers: Record<string, string>
  readonly body: string
}

/** Puts the short cut in front of Yoga. */
export function makeEntry({ yoga, documents, contextOf, log, endpoint, maxBodyBytes }: EntryOptions): Entry {
  async function answer({ url, header, headers, body }: Posted) {
    const start = performance.now()
    const requestId = requestIdFrom(header(requestIdHeader))
    let refused: unknown
    const short = await shortcut(body, documents, () =>
      contextOf(header, requestId).catch((error) => {
        refused = error
        throw error
      }),
    )
    if (!short || short.result.errors) {
      const init = { method: 'POST', headers: { ...headers, [requestIdHeader]: requestId }, body }
      const begun: Begun = { start, refused, ...short }
      const response = await yoga.fetch(new yoga.fetchAPI.Request(url, init), { begun })
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }
    const { operation, context, result } = short
    const user = context.viewer?.username
    logRequest(log, { requestId, method: 'POST', path: endpoint, status: 200, start, operation, user })
    return {
      status: 200,
      headers: { 'content-type': contentTypeFor(header) as string, [requestIdHeader]: requestId },
      body: JSON.stringify(result),
    }
  }

  return {
    async handle(request, response) {
      const headers = request.headers as Record<string, string>
      const header: Header = (name) => headers[name]
      try {
        if (request.url !== endpoint || !mayBeShort(request.method, header, maxBodyBytes)) {
          await yoga(request, response)
          return
        }
        const body = await bodyOf(request)
        if (body === null) return
        const url = `http://${headers['host'] ?? 'localhost'}${endpoint}`
        const answered = await answer({ url, header, headers, body })
        const length = Buffer.byteLength(answered.body)
        response.writeHead(answered.status, { ...answered.headers, 'content-length': length }).end(answered.body)
      } catch (error) {
        log.error({ err: error }, 'unexpected error')
        response.destroy()
      }
    },
    async fetch(url, init) {
      const headers = new Headers(init?.headers)
      const body = init?.body
      if (typeof body !== 'string' || new URL(url).pathname !== endpoint) return yoga.fetch(url, init ?? {})
      headers.set('content-length', String(Buffer.byteLength(body)))
      const header: Header = (name) => headers.get(name)
      if (!mayBeShort(init?.method, header, maxBodyBytes)) return yoga.fetch(url, init ?? {})
      const answered = await answer({ url, header, headers: Object.fromEntries(headers), body })
      return new Response(answered.body, answered)
    },
  }
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
