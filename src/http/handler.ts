import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { shouldRenderGraphiQL } from 'graphql-yoga'
import type { Logger } from 'pino'
import { CallerGone } from '../errors.ts'
import type { AddressOf } from './address.ts'
import type { Pages } from './pages.ts'
import type { HttpReply, HttpRequest } from './request.ts'

/** Answers requests: of Node's HTTP server, or in process. */
export interface Handler {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Answers a request in process, as if it came from an IP address. */
  readonly fetch: (url: string, init?: RequestInit, address?: string) => Promise<Response>
}

interface HandlerOptions {
  readonly path: string
  readonly answer: (request: HttpRequest) => Promise<HttpReply>
  readonly pages: Pages
  readonly addressOf: AddressOf
  readonly log: Logger
}

/** Creates the handler of all requests: `answer` gets those to the GraphQL path, `pages` all others. */
export function createHandler({ path, answer, pages, addressOf, log }: HandlerOptions): Handler {
  const isGraphQL = (method: string, requestPath: string, accept: string | null | undefined) =>
    (requestPath === path || requestPath === `${path}/`) &&
    method !== 'OPTIONS' &&
    !shouldRenderGraphiQL({ method, headers: { get: () => accept ?? null } } as unknown as Request)

  return {
    async handle(request, response) {
      try {
        const { method = 'GET', url = '/', headers } = request
        const address = addressOf(request)
        const queryStart = url.indexOf('?')
        const requestPath = queryStart < 0 ? url : url.slice(0, queryStart)
        if (!isGraphQL(method, requestPath, headers.accept))
          return void (await pages(request, response, { address } as never))
        const reply = await answer({
          method,
          search: queryStart < 0 ? '' : url.slice(queryStart + 1),
          header: (name) => headers[name] as string | undefined,
          address,
          body: request,
          disconnection: () => disconnectionOf(response),
        })
        const { status, headers: replyHeaders, body } = reply
        response.writeHead(status, { ...replyHeaders, 'content-length': Buffer.byteLength(body) }).end(body)
      } catch (error) {
        log.error({ err: error }, 'unexpected error')
        response.destroy()
      }
    },
    async fetch(url, init, address = '127.0.0.1') {
      const { method, headers, body, signal } = new Request(url, init)
      const { pathname, search } = new URL(url)
      if (!isGraphQL(method, pathname, headers.get('accept'))) return pages.fetch(url, init ?? {}, { address } as never)
      const reply = await answer({
        method,
        search: search.slice(1),
        header: (name) => headers.get(name),
        address,
        body: body ? Readable.fromWeb(body as ReadableStream) : Readable.from([]),
        disconnection: () => signal,
      })
      return new Response(reply.body, reply)
    },
  }
}

function disconnectionOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => response.writableFinished || controller.abort(new CallerGone()))
  return controller.signal
}
