import pg from 'pg'
import { pino } from 'pino'
import { describe, expect, inject, test } from 'vitest'
import { runCommand } from './support/command.ts'
import { createDatabase, expectCorrectServer, send, signUp, startOn } from './support/settings.ts'

const pgbouncer = inject('pgbouncer')

const germanSettings = [
  "ALTER DATABASE $database SET TimeZone = 'Europe/Berlin'",
  "ALTER DATABASE $database SET DateStyle = 'German'",
  'ALTER DATABASE $database SET standard_conforming_strings = off',
]

/** A database with the settings of a server in Berlin. */
async function createPooledDatabase(...statements: readonly string[]) {
  const database = await createDatabase(...germanSettings, ...statements)
  return Object.assign(database, {
    pooledUrl: (parameters: Readonly<Record<string, string>> = {}) => database.urlWith(parameters, pgbouncer ?? ''),
  })
}

/** A client of another application, which uses the same connections of PgBouncer. */
async function connectOther(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    "SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'; SET standard_conforming_strings = off",
  )
  return {
    /** Its own settings, and those that others have left in the session. */
    async settings() {
      const { rows } = await client.query(`
        SELECT name, setting FROM pg_settings WHERE name = ANY ('{TimeZone,DateStyle,standard_conforming_strings}')
          OR source = 'session' AND name NOT IN ('application_name', 'client_encoding') ORDER BY name COLLATE "C"`)
      return rows.map(({ name, setting }) => `${name}: ${setting}`)
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

describe.runIf(pgbouncer)('PgBouncer in transaction mode', () => {
  test('times, pages and texts are correct on two servers that use the same connections as another application', async () => {
    await using database = await createPooledDatabase()
    const url = database.pooledUrl()
    await using server = await startOn(url, { SNAGLIST_SIGN_UP: 'open', SNAGLIST_RATE_STORE: 'database' })
    await using second = await startOn(url, { SNAGLIST_RATE_STORE: 'database' })
    await using other = await connectOther(url)
    await expectCorrectServer(server)
    const token = await signUp(server, 'grace')
    for (let run = 0; run < 20; run++) {
      for (const each of [server, second]) {
        const { viewer } = await send<{ viewer: { createdAt: string } }>(each, '{ viewer { createdAt } }', token)
        expect(Math.abs(new Date(viewer.createdAt).getTime() - Date.now())).toBeLessThan(1_200_000)
        expect(await other.settings()).toEqual([
          'DateStyle: SQL, DMY',
          'TimeZone: America/New_York',
          'standard_conforming_strings: off',
        ])
      }
    }
  })

  test('doctor prints the statements for missing settings, and passes after them', async () => {
    await using database = await createPooledDatabase()
    const env = { DATABASE_URL: database.pooledUrl(), SNAGLIST_LISTEN_URL: database.urlWith() }
    await runCommand(['migrate'], env)
    const { code, output } = await runCommand(['doctor'], env)
    expect(code).toBe(1)
    expect(output).toMatch(/1 of \d+ checks failed/)
    const statements = output.match(/ALTER ROLE .*;/g) ?? []
    expect(statements).toHaveLength(5)
    for (const statement of statements) await database.query(statement)
    // PgBouncer replaces terminated connections by new ones, as after RECONNECT.
    await database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    await expect
      .poll(async () => (await runCommand(['doctor'], env)).output, { timeout: 10_000 })
      .toContain('All checks passed.')
    await using server = await startOn(database.pooledUrl())
    expect(server.database.repairs).toEqual([])
    const { rows } = await server.database.pool.query("SELECT current_setting('statement_timeout') AS timeout")
    expect(rows).toEqual([{ timeout: '8s' }])
  })

  test('viewers are cached only if notifications are delivered', async () => {
    await using database = await createPooledDatabase()
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
    await using server = await startOn(database.pooledUrl(), { SNAGLIST_SIGN_UP: 'open' }, log)
    await expect.poll(() => lines.join(''), { timeout: 10_000 }).toContain('set SNAGLIST_LISTEN_URL')
    expect(lines).toHaveLength(2)
    await using listening = await startOn(database.pooledUrl(), { SNAGLIST_LISTEN_URL: database.urlWith() })
    const token = await signUp(server, 'ada')
    const change = (name: string) => database.query(`UPDATE users SET name = '${name}'`)
    const ask = async (each: typeof server) =>
      (await send<{ viewer: { name: string } }>(each, '{ viewer { name } }', token)).viewer.name
    for (const name of ['Ada', 'Grace', 'Edsger']) {
      await change(name)
      expect(await ask(server)).toBe(name)
      await expect.poll(() => ask(listening)).toBe(name)
    }
  })

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'options',
      { options: '-c work_mem=64MB' },
      /rejects a parameter .*: unsupported startup parameter: options\. .*ignore_startup_parameters/,
    ],
    [
      'a time limit',
      { statement_timeout: '5000' },
      /rejects a parameter .*: unsupported startup parameter: statement_timeout\. /,
    ],
    [
      'a schema',
      { schema: 'snag' },
      /does not pass on the schema "snag" .* ALTER ROLE \S+ IN DATABASE \S+ SET search_path = "snag";/,
    ],
  ])('a server is rejected at startup with a remedy if its URL has %s', async (_parameter, parameters, message) => {
    await using database = await createPooledDatabase()
    const { code, output } = await runCommand(['serve'], { DATABASE_URL: database.pooledUrl(parameters), PORT: '0' })
    expect(output).toMatch(message)
    expect(output.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  })

  test('a server uses the schema that the role has been given', async () => {
    await using database = await createPooledDatabase(
      'CREATE SCHEMA snag',
      'ALTER ROLE CURRENT_USER IN DATABASE $database SET search_path = snag',
    )
    await using server = await startOn(database.pooledUrl({ schema: 'snag' }))
    await expectCorrectServer(server)
    expect(await database.schemas()).toEqual(['snag'])
  })
})
