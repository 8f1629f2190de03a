import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface ReceivedRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver of webhooks on 127.0.0.1. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly requests: ReceivedRequest[]
  /** Resolves when so many requests have been received. */
  readonly waitFor: (count: number) => Promise<void>
}

export async function startReceiver(
  respond: (response: ServerResponse, request: ReceivedRequest) => unknown = (response) => response.end(),
): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const receptions = new EventEmitter()
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    const body = await text(request).catch(() => null)
    // The connection broke, as when a server is killed.
    if (body === null) return
    const received = { method, url, headers, body }
    requests.push(received)
    receptions.emit('request')
    await respond(response, received)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    async waitFor(count) {
      while (requests.length < count) await once(receptions, 'request')
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
