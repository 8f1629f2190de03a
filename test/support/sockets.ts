import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { App } from '../../src/app.ts'

/** An app on a port, as `startServer` listens. */
export async function listen(app: App): Promise<AsyncDisposable & { readonly port: number }> {
  const listener = createServer((request, response) => void app.handle(request, response))
  listener.on('checkContinue', (request, response) => void app.handle(request, response))
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections()
      listener.close()
      await once(listener, 'close')
    },
  }
}

/** Opens a connection and sends the text. Nothing is read before the first call of `readUntil`. */
export function send(port: number, text: string): Socket {
  // By default, Node's client closes the connection when the server ends its side.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.write(text)
  return socket
}

/** Returns the received text as soon as it matches. Throws if the server closes the connection before. */
export async function readUntil(socket: Socket, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (pattern.test(text)) return text
  }
  throw new Error(`The connection was closed after: ${text}`)
}

/** The head of a request, whose body follows. */
export const headOf = (target: string, token: string | null, ...headers: string[]) =>
  [`${target} HTTP/1.1`, 'host: x', ...(token ? [`authorization: Bearer ${token}`] : []), ...headers, '', ''].join(
    '\r\n',
  )

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
