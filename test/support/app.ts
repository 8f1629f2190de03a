import { pino } from 'pino'
import { afterAll, beforeAll, expect } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { createViewerCache } from '../../src/auth/viewer.cache.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Database } from '../../src/database/open.ts'
import { sql } from '../../src/database/sql.ts'
import type { ViewerCache } from '../../src/viewer.ts'
import { Client } from './client.ts'
import { openWorkerDatabase } from './worker-databases.ts'

/** Log lines and SQL statements of a server. */
interface ServerRecords {
  readonly lines: string[]
  readonly statements: string[]
}

/** A server with a database that is empty at the start of the file. */
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

/** The standalone notification of earlier changes, which a server sends at any time. */
const isNotification = (sql: string) => sql.startsWith('SELECT pg_notify')

/** The statements of an action, except those that authenticate the client. */
export async function statementsOf<Result>(
  { statements }: TestServer,
  action: () => Promise<Result>,
): Promise<{ result: Result; sent: readonly string[] }> {
  statements.length = 0
  const result = await action()
  return { result, sent: statements.filter((sql) => !sql.includes('FROM tokens')) }
}

/** `fillsTables`: the tests insert tickets or delete changes by SQL, so that the feed is incomplete. */
export function useServer(
  env: Readonly<Record<string, string>> = {},
  { fillsTables = false }: { readonly fillsTables?: boolean } = {},
): TestServer {
  const server = {} as { -readonly [Name in keyof TestServer]: TestServer[Name] }
  beforeAll(async () => {
    const statements: string[] = []
    const database = await openWorkerDatabase((text) => {
      if (!isNotification(text)) statements.push(text)
    })
    const viewerCache = createViewerCache(database.db, database.listen)
    Object.assign(server, serverOver(database, viewerCache, statements, env))
  })
  afterAll(async () => {
    if (!fillsTables) await expectCompleteFeed(server.database)
    await expectTotals(server.database)
    await server.app.dispose()
    await server.viewerCache[Symbol.asyncDispose]()
    await server.database[Symbol.asyncDispose]()
  })
  return server
}

/** Fails if a writer forgot the feed: it contains each new ticket, each change of one, and each comment once. */
async function expectCompleteFeed({ db }: Database): Promise<void> {
  const differences = await db.query(sql`
    WITH expected AS (
      SELECT id AS ticket_id, 1 AS version, NULL::uuid AS comment_id FROM tickets
      UNION ALL SELECT ticket_id, version, NULL FROM history
      UNION ALL SELECT ticket_id, NULL, id FROM comments),
    recorded AS (
      SELECT ticket_id, version, comment_id FROM changes c
      WHERE type IN ('TICKET_CREATED', 'TICKET_UPDATED', 'TICKET_ARCHIVED', 'TICKET_RESTORED') AND EXISTS (SELECT FROM tickets t WHERE t.id = c.ticket_id)
        OR type = 'COMMENT_ADDED' AND EXISTS (SELECT FROM comments WHERE id = c.comment_id))
    (TABLE expected EXCEPT ALL TABLE recorded) UNION ALL (TABLE recorded EXCEPT ALL TABLE expected) LIMIT 3`)
  expect(differences).toEqual([])
}

/** Fails if the stored totals differ from the numbers of tickets. */
async function expectTotals({ db }: Database): Promise<void> {
  const differences = await db.query(sql`
    SELECT project_id, kind, t.count, c.count AS total
    FROM (SELECT project_id, kind, count(*)::integer FROM tickets GROUP BY project_id, kind) t
    FULL JOIN ticket_totals c USING (project_id, kind) WHERE coalesce(t.count, 0) <> coalesce(c.count, 0) LIMIT 3`)
  expect(differences).toEqual([])
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
