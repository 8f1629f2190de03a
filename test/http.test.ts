import { readFile } from 'node:fs/promises'
import { buildSchema, printSchema } from 'graphql'
import { pino } from 'pino'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { type AppOptions, createApp } from '../src/app.ts'
import { createViewerCache } from '../src/auth/viewer.cache.ts'
import { readConfig } from '../src/config.ts'
import { copyToPostgres } from '../src/database/bulk-transaction.ts'
import { listenOnPostgres } from '../src/database/listen.ts'
import { migrate } from '../src/database/migrate.ts'
import { createDatabase, createPool, openDatabase } from '../src/database/open.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { copyEmbedded } from './support/databases.ts'
import { signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser

beforeAll(async () => {
  ada = await signUp(server, 'ada')
})

const Viewer = graphql(`query HttpViewer { viewer { username } }`)
const Projects = graphql(`query HttpProjects { projects { totalCount } }`)
const SignIn = graphql(`
  mutation HttpSignIn($input: SignInInput!) { signIn(input: $input) { viewer { username } } }
`)

/** An anonymous client, unless it has a token, of a new app over a database. */
const createClient = (
  options: Pick<AppOptions, 'database' | 'isStopping'> & Partial<Pick<AppOptions, 'config'>>,
  token: string | null = null,
) =>
  new Client(
    createApp({
      config: readConfig({ NODE_ENV: 'test' }),
      viewerCache: createViewerCache(options.database.db, null),
      log: pino({ level: 'silent' }),
      ...options,
    }),
    token,
  )
const statusOf = async (client: Client, path: string, init?: RequestInit) => (await client.fetch(path, init)).status

describe('health checks', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())
  const letResultExpire = () => vi.advanceTimersByTime(1000)

  test('/ready asks the database once per second, however many requests arrive', async () => {
    const client = createClient({ database: server.database })
    const query = vi.spyOn(server.database.pool, 'query')
    const queriesPerRun = 2
    const ask = () => Promise.all(Array.from({ length: 50 }, () => statusOf(client, '/ready')))
    expect(new Set(await ask())).toEqual(new Set([200]))
    vi.advanceTimersByTime(999)
    await ask()
    expect(query).toHaveBeenCalledTimes(queriesPerRun)
    letResultExpire()
    await ask()
    expect(query).toHaveBeenCalledTimes(2 * queriesPerRun)
    query.mockRestore()
  })

  test('/health and /ready return 200 on a running server', async () => {
    expect(await statusOf(server.anonymous, '/health')).toBe(200)
    expect(await statusOf(server.anonymous, '/ready')).toBe(200)
  })

  test('/ready returns 503 while the server is stopping', async () => {
    let stopping = false
    const client = createClient({ database: server.database, isStopping: () => stopping })
    expect(await statusOf(client, '/ready')).toBe(200)
    stopping = true
    expect(await statusOf(client, '/ready')).toBe(503)
    expect(await statusOf(client, '/health')).toBe(200)
    expect(await client.ask(Viewer)).toEqual({ viewer: null })
  })

  test('/ready returns 503 before the migrations and without a database', async () => {
    using directory = temporaryDirectory()
    const dataDirectory = directory.path
    copyEmbedded(dataDirectory, inject('blank') ?? '')
    const database = await openDatabase({ url: null, dataDirectory, poolSize: 1 })
    const client = createClient({ database })
    expect(await statusOf(client, '/ready')).toBe(503)
    await migrate(database.pool)
    letResultExpire()
    expect(await statusOf(client, '/ready')).toBe(200)
    await database[Symbol.asyncDispose]()
    letResultExpire()
    const gone = await client.fetch('/ready')
    expect({ status: gone.status, text: await gone.text() }).toEqual({ status: 503, text: '' })
    expect(await statusOf(client, '/health')).toBe(200)
  })
})

describe('unreachable database', () => {
  const unreachable = async (token: string | null, NODE_ENV = 'test') => {
    const url = 'postgresql://postgres@127.0.0.1:1/x'
    const pool = createPool({ connectionString: url, options: '' }, { max: 1 })
    const database = createDatabase({
      pool,
      listen: listenOnPostgres(url, pool),
      copy: copyToPostgres,
      close: () => pool.end(),
    })
    return createClient({ database, config: readConfig({ NODE_ENV }) }, token)
  }

  test('returns UNAVAILABLE with HTTP 503 and Retry-After if the database is unreachable', async () => {
    const input = { username: 'ada', password: 'any password' }
    for (const response of [
      await (await unreachable('snag_any')).send(Viewer),
      await (await unreachable('snag_any')).send(Projects),
      await (await unreachable(null)).send(SignIn, { input }),
    ]) {
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('2')
      expect(response.errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAVAILABLE'])
      expect(JSON.stringify(response)).not.toContain('127.0.0.1')
    }
  })

  test('returns HTTP 503, not 401, for pages that require a token if the database is unreachable', async () => {
    const client = await unreachable('snag_any', 'production')
    for (const path of ['/graphql', '/schema.graphql', '/export/tickets.csv'])
      expect(await statusOf(client, path, { headers: { accept: 'text/html' } }), path).toBe(503)
  })

  test('runs queries that do not need the database if it is unreachable', async () => {
    expect(await (await unreachable(null)).ask(Viewer)).toEqual({ viewer: null })
    expect((await (await unreachable(null)).send(Projects)).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })
})

describe('pages', () => {
  test('serves the committed schema at /schema.graphql', async () => {
    const text = await (await server.anonymous.fetch('/schema.graphql')).text()
    expect(text).toBe(await readFile(new URL('../schema.graphql', import.meta.url), 'utf8'))
    expect(`${printSchema(buildSchema(text))}\n`).toBe(text)
  })

  test('serves the types of each interface at /possible-types.json', async () => {
    const response = await server.anonymous.fetch('/possible-types.json')
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const types = (await response.json()) as Record<string, readonly string[]>
    expect(types).toEqual({ Node: expect.arrayContaining(['Issue', 'User']), Ticket: ['Defect', 'Issue'] })
    const text = await readFile(new URL('../schema.graphql', import.meta.url), 'utf8')
    for (const [name, members] of Object.entries(types)) {
      const implementations = text.match(new RegExp(`(?<=^type )\\w+(?= implements [\\w& ]*\\b${name}\\b)`, 'gm'))
      expect(members).toEqual(implementations)
    }
  })
})

describe('GET requests', () => {
  const get = (client: Client, query: string) => client.fetch(`/graphql?query=${encodeURIComponent(query)}`)

  test('runs queries but not mutations by GET', async () => {
    const response = await get(ada, '{ viewer { username } }')
    expect(await response.json()).toMatchObject({ data: { viewer: { username: 'ada' } } })
    const rejected = await get(ada, 'mutation { createProject(input: { key: "GET", name: "G" }) { project { id } } }')
    expect(rejected.status).toBe(405)
    expect((await ada.ask(Projects)).projects.totalCount).toBe(0)
  })

  test('returns 404 for unknown paths', async () => {
    for (const path of ['/nothing', '/graphq', '/graphql/more', '/schema.graphql/x', '/.env', '//'])
      expect(await statusOf(ada, path), path).toBe(404)
  })
})
