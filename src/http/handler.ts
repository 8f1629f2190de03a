import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Logger } from 'pino'
import { ClientDisconnected } from '../errors.ts'
import type { AddressOf } from './address.ts'
import { type Pages, wantsPage } from './pages.ts'
import type { HttpRequest, HttpResponse } from './request.ts'

export interface Handler {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly fetch: (url: string, init?: RequestInit, address?: string) => Promise<Response>
}

interface HandlerOptions {
  readonly path: string
  readonly endpoint: (request: HttpRequest) => Promise<HttpResponse>
  readonly pages: Pages
  readonly addressOf: AddressOf
  readonly log: Logger
}

export function createHandler({ path, endpoint, pages, addressOf, log }: HandlerOptions): Handler {
  const isGraphQL = (method: string, { pathname }: URL, accept: string | null | undefined) =>
    (pathname === path || pathname === `${path}/`) && method !== 'OPTIONS' && !wantsPage(method, accept)

  return {
    async handle(request, response) {
      try {
        const { method = 'GET', headers } = request
        const url = urlOf(request)
        if (!url) return void response.writeHead(400).end()
        const address = addressOf(request)
        if (!isGraphQL(method, url, headers.accept)) {
          // Yoga prefixes the target with the Host header.
          request.url = url.pathname + url.search
          return void (await pages.handle(request, response, { address }))
        }
        const result = await endpoint({
          method,
          search: url.search.slice(1),
          header: (name) => headers[name] as string | undefined,
          address,
          body: request,
          disconnection: () => disconnectionOf(response),
        })
        const { status, headers: responseHeaders, body } = result
        response.writeHead(status, { ...responseHeaders, 'content-length': Buffer.byteLength(body) }).end(body)
      } catch (error) {
        log.error({ err: error }, 'unexpected error')
        response.destroy()
      }
    },
    async fetch(url, init, address = '127.0.0.1') {
      const { method, headers, body, signal } = new Request(url, init)
      const target = new URL(url)
      if (!isGraphQL(method, target, headers.get('accept'))) return pages.fetch(url, init ?? {}, { address })
      const response = await endpoint({
        method,
        search: target.search.slice(1),
        header: (name) => headers.get(name),
        address,
        body: body ? Readable.fromWeb(body as ReadableStream) : Readable.from([]),
        disconnection: () => signal,
      })
      return new Response(response.body, response)
    },
  }
}

/** The target has origin-form or absolute-form. Null if the target or the Host header is malformed. */
function urlOf({ url = '/', headers: { host = 'localhost' } }: IncomingMessage): URL | null {
  return URL.canParse(`http://${host}`) ? URL.parse(url.startsWith('/') ? `http://localhost${url}` : url) : null
}

function disconnectionOf(response: ServerResponse): AbortSignal {
  if (response.closed) return AbortSignal.abort(new ClientDisconnected())
  const controller = new AbortController()
  response.once('close', () => response.writableFinished || controller.abort(new ClientDisconnected()))
  return controller.signal
}
