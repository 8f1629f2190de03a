import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Logger } from 'pino'
import { BadRequest, ClientDisconnected } from '../errors.ts'
import type { AddressOf } from './address.ts'
import { bearerChallenge } from './bearer-token.ts'
import { type CompressedResponse, compressResponse } from './compression.ts'
import type { Cors } from './cors.ts'
import { errorResponse } from './error-response.ts'
import { readableOf, sendEvents } from './event-stream.ts'
import { type Pages, wantsPage } from './pages.ts'
import type { HttpRequest, HttpResponse } from './request.ts'
import { requestIdFrom, requestIdHeader } from './request-id.ts'
import type { RequestListener } from './request-log.ts'
import { targetOf } from './target.ts'

const largeBodyLength = 64_000

export interface Handler {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly fetch: (url: string, init?: RequestInit, address?: string) => Promise<Response>
}

interface HandlerOptions {
  readonly path: string
  readonly cors: Cors
  readonly endpoint: (request: HttpRequest) => Promise<HttpResponse>
  readonly pages: Pages
  readonly addressOf: AddressOf
  readonly onCompleted: RequestListener
  readonly log: Logger
}

export function createHandler({ path, cors, endpoint, pages, addressOf, onCompleted, log }: HandlerOptions): Handler {
  const isPage = (method: string, { pathname }: URL, accept: string | null | undefined) =>
    method !== 'OPTIONS' && ((pathname !== path && pathname !== `${path}/`) || wantsPage(method, accept))

  const respond = async (request: HttpRequest): Promise<CompressedResponse> => {
    if (request.method === 'OPTIONS') return cors.preflight(request.header)
    const response = await compressResponse(await endpoint(request), request.header('accept-encoding'))
    if (response.status !== 401) return response
    const challenge = bearerChallenge(request.header('authorization'))
    return { ...response, headers: { ...response.headers, 'www-authenticate': challenge } }
  }
  return {
    async handle(request, response) {
      const start = performance.now()
      const send = ({ status, headers, body, stream }: CompressedResponse) => {
        if (stream) return sendEvents(response.writeHead(status, headers), stream)
        // A socket that waits for its client would keep both the text and its bytes.
        const content = typeof body === 'string' && body.length > largeBodyLength ? Buffer.from(body) : body
        response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(content) }).end(content)
      }
      const { method = 'GET', headers } = request
      const header = (name: string) => headers[name] as string | undefined
      try {
        const target = targetOf(request)
        const address = addressOf(request)
        if (isPage(method, target, headers.accept)) {
          // Yoga prefixes the target with the Host header.
          request.url = target.pathname + target.search
          return await pages.handle(request, response, { address })
        }
        const search = target.search.slice(1)
        const openBody = () => {
          if (headers.expect) response.writeContinue()
          return request
        }
        const disconnection = () => disconnectionOf(response)
        const onClose = (listener: () => void) => (response.closed ? listener() : void response.once('close', listener))
        await send(await respond({ method, search, header, address, openBody, disconnection, onClose }))
      } catch (error) {
        if (!(error instanceof BadRequest)) {
          log.error({ err: error }, 'unexpected error')
          return void response.destroy()
        }
        const requestId = requestIdFrom(header(requestIdHeader))
        const rejection = errorResponse(error, { requestId, log })
        send(rejection)
        const [targetPath = ''] = /^\/[^?]*/.exec(request.url ?? '') ?? []
        onCompleted({ requestId, method, path: targetPath, status: rejection.status, start, codes: ['BAD_REQUEST'] })
      }
    },
    async fetch(url, init, address = '127.0.0.1') {
      const { method, headers, body: requestBody, signal } = new Request(url, init)
      const target = new URL(url)
      if (isPage(method, target, headers.get('accept'))) return pages.fetch(url, init ?? {}, { address })
      const response = await respond({
        method,
        search: target.search.slice(1),
        header: (name) => headers.get(name),
        address,
        openBody: () => (requestBody ? Readable.fromWeb(requestBody as ReadableStream) : Readable.from([])),
        disconnection: () => signal,
        // The client has the whole body immediately.
        onClose: (listener) => listener(),
      })
      const { stream } = response
      if (stream) signal.addEventListener('abort', stream.cancel)
      const body = stream ? readableOf(stream) : response.body
      return new Response(response.status === 204 ? null : body, response)
    },
  }
}

function disconnectionOf(response: ServerResponse): AbortSignal {
  if (response.closed) return AbortSignal.abort(new ClientDisconnected())
  const controller = new AbortController()
  response.once('close', () => response.writableFinished || controller.abort(new ClientDisconnected()))
  return controller.signal
}
