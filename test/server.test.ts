import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { type Server, startServer } from '../src/server.ts'
import { copyDatabase } from './support/environment.ts'

type Environment = Readonly<Record<string, string>>

/** Runs `use` with a server on a separate port over a new database. */
async function withServer(
  use: (server: Server, database: Environment) => Promise<void>,
  options: Parameters<typeof startServer>[2] = {},
): Promise<void> {
  await using database = await copyDatabase()
  const config = readConfig({ PORT: '0', SNAGLIST_POOL_SIZE: '1', ...database.env })
  await use(await startServer(config, pino({ level: 'silent' }), options), database.env)
}

const ask = (url: string) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer snag_unknown' },
    body: '{"query":"{ viewer { id } }"}',
  })

test('completes pending requests while stopping, returns 503 from /ready, then closes its port and database', async () => {
  await withServer(async (server) => {
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
    const body = '{"query":"{ __typename }"}'
    const socket = await beginRequest(server.url, [
      'POST /graphql HTTP/1.1',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
      '',
    ])
    expect(`${await once(socket, 'data')}`).toMatch(/^HTTP\/1.1 100 /)
    const stopPromise = server[Symbol.asyncDispose]()
    const ready = await fetch(`${server.url}/ready`)
    expect(ready.status).toBe(503)
    socket.write(body)
    expect(`${await once(socket, 'data')}`).toMatch(/^HTTP\/1.1 200 /)
    await stopPromise
    await expect(ask(server.url)).rejects.toThrow()
    await expect(server.database.pool.query('SELECT 1')).rejects.toThrow()
  })
})

test('does not start on a port in use', async () => {
  await withServer(async (server, database) => {
    await server[Symbol.asyncDispose]()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const config = readConfig({ PORT: `${port}`, ...database })
    await expect(startServer(config, pino({ level: 'silent' }))).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is already in use. Stop the process that uses it, or set PORT to another port.`,
    )
    other.close()
  })
})

/** Sends the beginning of a request. */
async function beginRequest(url: string, [requestLine = '', ...rest]: readonly string[]): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(`${[requestLine, `Host: ${hostname}`, ...rest].join('\r\n')}\r\n`)
  return socket
}

test('stops in spite of requests that never end', async () => {
  const json = 'Content-Type: application/json'
  await withServer(
    async (server) => {
      const sockets = [
        await beginRequest(server.url, ['POST /graphql HTTP/1.1']),
        await beginRequest(server.url, ['POST /graphql HTTP/1.1', json, 'Content-Length: 100', '', '{']),
        await beginRequest(server.url, ['POST /graphql HTTP/1.1', json, 'Transfer-Encoding: chunked', '', '1', '{']),
      ]
      await fetch(`${server.url}/health`)
      const closePromises = sockets.map((socket) => once(socket, 'close'))
      await server[Symbol.asyncDispose]()
      await Promise.all(closePromises)
    },
    { timeouts: { grace: 100 } },
  )
})
