import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { type Server, startServer } from '../src/server.ts'
import { copyEmbedded, databaseUrl, execute } from './support/databases.ts'

type Environment = Readonly<Record<string, string>>

/** Starts a server on a port of its own, over a new database, for as long as `use` takes. */
async function withServer(use: (server: Server, database: Environment) => Promise<void>): Promise<void> {
  const postgres = inject('postgres')
  const folder = mkdtempSync(join(tmpdir(), 'snaglist-'))
  const name = `snaglist_server_${crypto.randomUUID().replaceAll('-', '')}`
  if (postgres) await execute(postgres, `CREATE DATABASE ${name} TEMPLATE ${inject('template')}`)
  else copyEmbedded(folder, inject('template'))
  try {
    const database = postgres ? { DATABASE_URL: databaseUrl(postgres, name) } : { SNAGLIST_DATA: folder }
    const config = readConfig({ PORT: '0', SNAGLIST_POOL_SIZE: '1', ...database })
    await use(await startServer(config, pino({ level: 'silent' })), database)
  } finally {
    if (postgres) await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    rmSync(folder, { recursive: true })
  }
}

const ask = (url: string) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer snag_unknown' },
    body: '{"query":"{ viewer { id } }"}',
  })

test('a server that stops answers what was begun, says so meanwhile, and then closes its port and its database', async () => {
  await withServer(async (server) => {
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
    // The only connection is taken, so that the request has to wait.
    const connection = await server.database.pool.connect()
    const waiting = ask(server.url)
    while (server.database.pool.waitingCount === 0) await fetch(`${server.url}/health`)
    const stopped = server[Symbol.asyncDispose]()
    const ready = await fetch(`${server.url}/ready`)
    expect(ready.status).toBe(503)
    connection.release()
    expect((await waiting).status).toBe(401)
    await stopped
    await expect(ask(server.url)).rejects.toThrow()
    await expect(server.database.pool.query('SELECT 1')).rejects.toThrow()
  })
})

test('a port that is taken ends the start', async () => {
  await withServer(async (server, database) => {
    await server[Symbol.asyncDispose]()
    const taker = createServer().listen(0, '127.0.0.1')
    await once(taker, 'listening')
    const { port } = taker.address() as AddressInfo
    const config = readConfig({ PORT: `${port}`, ...database })
    await expect(startServer(config, pino({ level: 'silent' }))).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is taken. Stop what listens there, or set PORT to another.`,
    )
    taker.close()
  })
})

test('a request for no host that could be is refused without a word of how', async () => {
  await withServer(async (server) => {
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const sent = request(`${server.url}/graphql`, { method: 'POST', headers: { host: 'evil"<>' } }, (response) => {
        let body = ''
        response.on('data', (text) => {
          body += text
        })
        response.on('end', () => resolve({ status: response.statusCode, body }))
      })
      sent.on('error', reject).end('{}')
    })
    expect(answer).toEqual({ status: 400, body: '' })
    await server[Symbol.asyncDispose]()
  })
})
