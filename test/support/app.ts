import { openAsBlob } from 'node:fs'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, inject } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { createViewerCache } from '../../src/auth/viewer.cache.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { copyToPostgres } from '../../src/database/bulk-transaction.ts'
import { createEmbeddedPool } from '../../src/database/embedded.ts'
import { listenOnPostgres } from '../../src/database/listen.ts'
import { createDatabase, createEmbeddedDatabase, createPool, type Database } from '../../src/database/open.ts'
import { openPGlite } from '../../src/database/pglite.ts'
import type { ViewerCache } from '../../src/viewer.ts'
import { Client } from './client.ts'
import { copyTemplate } from './databases.ts'

/** Log lines and SQL statements of a server. */
interface ServerRecords {
  readonly lines: string[]
  readonly statements: string[]
}

/** A server with its own database. */
export interface TestServer extends ServerRecords {
  readonly config: Config
  readonly database: Database
  readonly viewerCache: ViewerCache
  readonly app: App
  readonly anonymous: Client
  /** Another server on the same database, with other settings. */
  readonly withSettings: (env: Readonly<Record<string, string>>) => TestServer
}

const unlimitedRates = { SNAGLIST_RATE_POINTS: '0', SNAGLIST_RATE_REQUESTS: '0' }

/** The statements of an action, except those that authenticate the client. */
export async function statementsOf<Result>(
  { statements }: TestServer,
  action: () => Promise<Result>,
): Promise<{ result: Result; sent: readonly string[] }> {
  statements.length = 0
  const result = await action()
  return { result, sent: statements.filter((sql) => !sql.includes('FROM tokens')) }
}

export function useServer(env: Readonly<Record<string, string>> = {}): TestServer {
  const server = {} as { -readonly [Name in keyof TestServer]: TestServer[Name] }
  beforeAll(async () => {
    const statements: string[] = []
    const database = await openCopy((sql) => statements.push(sql))
    const viewerCache = createViewerCache(database.db, database.listen)
    Object.assign(server, serverOver(database, viewerCache, statements, env))
  })
  afterAll(async () => {
    await server.app.dispose()
    await server.viewerCache[Symbol.asyncDispose]()
    await server.database[Symbol.asyncDispose]()
  })
  return server
}

function serverOver(
  database: Database,
  viewerCache: ViewerCache,
  statements: string[],
  env: Readonly<Record<string, string>>,
): TestServer {
  const lines: string[] = []
  const config: Config = readConfig({
    NODE_ENV: 'test',
    SNAGLIST_BCRYPT_COST: '4',
    SNAGLIST_SIGN_UP: 'open',
    ...unlimitedRates,
    ...env,
  })
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  const app = createApp({ config, database, viewerCache, log })
  return {
    config,
    database,
    viewerCache,
    app,
    lines,
    statements,
    anonymous: new Client(app, null),
    withSettings: (other) => serverOver(database, viewerCache, statements, other),
  }
}

/** Opens a migrated, empty database, which is deleted when it closes. */
async function openCopy(onStatement: (sql: string) => void): Promise<Database> {
  const postgres = inject('postgres')
  const template = inject('template')
  if (postgres === null) {
    const pglite = await openPGlite({ loadDataDir: await openAsBlob(template) })
    return createEmbeddedDatabase(createEmbeddedPool(pglite), onStatement)
  }
  const pgbouncer = inject('pgbouncer')
  const copy = await copyTemplate(postgres, { template, pgbouncer })
  const pool = createPool(
    { connectionString: copy.url, options: pgbouncer === null ? '-c jit=off -c random_page_cost=1.1' : '' },
    { max: 10 },
  )
  const otherClient = pgbouncer === null ? null : await connectOtherClient(copy.url)
  return createDatabase({
    pool,
    listen: listenOnPostgres(copy.directUrl, pool),
    copy: copyToPostgres,
    preparedStatements: pgbouncer === null,
    onStatement: (sql) => {
      otherClient?.query('SELECT now()').catch(() => {})
      onStatement(sql)
    },
    close: async () => {
      await otherClient?.end()
      await pool.end()
      await copy[Symbol.asyncDispose]()
    },
  })
}

/** A client of another application, with other settings, that uses the same connections of PgBouncer. */
async function connectOtherClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  await client.query("SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'")
  return client
}
