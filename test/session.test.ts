import pg from 'pg'
import { afterEach, describe, expect, inject, test, vi } from 'vitest'
import { migrate } from '../src/database/migrate.ts'
import { openDatabase } from '../src/database/open.ts'
import { mustHaveRequiredSettings } from '../src/database/session.ts'
import type { StartupError } from '../src/startup-errors.ts'
import { runCommand } from './support/command.ts'
import { createDatabase, expectCorrectServer, startOn } from './support/settings.ts'

const user = new URL(inject('postgres') ?? 'postgresql://postgres@localhost').username

afterEach(() => {
  vi.unstubAllEnvs()
})

describe.runIf(inject('postgres') && !inject('pgbouncer'))('settings of the session', () => {
  test.each<[string, string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    [
      'settings of the database',
      `ALTER DATABASE $database SET TimeZone = 'Asia/Kolkata'; ALTER DATABASE $database SET DateStyle = 'German';
       ALTER DATABASE $database SET standard_conforming_strings = off`,
      {},
      {},
    ],
    [
      'options of the URL that replace those of the pool',
      `ALTER DATABASE $database SET TimeZone = 'America/Los_Angeles';
       ALTER DATABASE $database SET DateStyle = 'SQL, DMY'`,
      { options: '-c work_mem=64MB' },
      {},
    ],
    ['time zone in the options of the URL', 'SELECT', { options: '--timezone=Asia/Tokyo -c DateStyle=German' }, {}],
    ['parameter of the URL', 'SELECT', { timezone: 'Asia/Tokyo' }, {}],
    ['PGOPTIONS', 'SELECT', {}, { PGOPTIONS: '-c TimeZone=Asia/Tokyo', PGTZ: 'Asia/Tokyo' }],
  ])('times, pages and texts are correct whatever the %s', async (_setting, statement, parameters, env) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    await using database = await createDatabase(statement)
    await using server = await startOn(database.urlWith(parameters))
    await expectCorrectServer(server)
    const { code, output } = await runCommand(['doctor'], { DATABASE_URL: database.urlWith(parameters) })
    expect(output).toContain('All checks passed.')
    expect(code).toBe(0)
  })

  test('lost settings are reported with the statements that set them', async () => {
    await using database = await createDatabase(
      "ALTER DATABASE $database SET TimeZone = 'Asia/Kolkata'",
      "ALTER DATABASE $database SET DateStyle = 'German'",
    )
    // `end` does not wait until its connections are closed: DROP DATABASE may terminate one of them.
    const connect = () => new pg.Pool({ connectionString: database.urlWith() }).on('error', () => {})
    const pool = connect()
    const { remedy, problem } = await mustHaveRequiredSettings(pool).then(
      () => expect.fail(),
      (error: StartupError) => error,
    )
    await pool.end()
    expect(problem).toContain('TimeZone is Asia/Kolkata')
    for (const statement of remedy.match(/ALTER ROLE .*?;/g) ?? []) await database.query(statement)
    const repairedPool = connect()
    await mustHaveRequiredSettings(repairedPool)
    await repairedPool.end()
  })

  test('options of the URL override defaults, but not what correctness requires', async () => {
    await using database = await createDatabase()
    const options = '-c work_mem=64MB -c statement_timeout=20s -c jit=on -c TimeZone=Asia/Tokyo'
    await using opened = await openDatabase({ url: database.urlWith({ options }), dataDirectory: '', poolSize: 1 })
    const names = ['work_mem', 'statement_timeout', 'lock_timeout', 'jit', 'random_page_cost', 'TimeZone']
    const { rows } = await opened.pool.query(
      'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
      [names],
    )
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual({
      work_mem: '64MB',
      statement_timeout: '20s',
      lock_timeout: '4s',
      jit: 'on',
      random_page_cost: '1.1',
      TimeZone: 'UTC',
    })
  })
})

describe.runIf(inject('postgres') && !inject('pgbouncer'))('schema of the tables', () => {
  test.each<[string, string[], Readonly<Record<string, string>>, string]>([
    ['that has the name of the user', ['CREATE SCHEMA AUTHORIZATION CURRENT_USER'], {}, user],
    [
      'of the search_path of the database',
      ['CREATE SCHEMA snag', 'ALTER DATABASE $database SET search_path = snag, public'],
      {},
      'snag',
    ],
    ['of the search_path in the options', ['CREATE SCHEMA snag'], { options: '-c search_path=snag' }, 'snag'],
    ['of the URL', [], { schema: 'snag' }, 'snag'],
    ['of the URL with unusual characters', [], { schema: 'My own \\schema' }, 'My own \\schema'],
    [
      'of the URL, with pg_trgm in another schema',
      ['CREATE SCHEMA extensions', 'CREATE EXTENSION pg_trgm SCHEMA extensions'],
      { schema: 'snag' },
      'snag',
    ],
    [
      'public, although another application of Prisma uses another one',
      ['CREATE SCHEMA other', 'CREATE TABLE other._prisma_migrations (id int)'],
      {},
      'public',
    ],
  ])('is used by Prisma and SQL alike: the schema %s', async (_schema, statements, parameters, schema) => {
    await using database = await createDatabase(...statements)
    const url = database.urlWith(parameters)
    const before = await runCommand(['doctor'], { DATABASE_URL: url })
    expect(before.output).toMatch(/✗ Migrations: pending: \d+_tracker/)
    await using server = await startOn(url)
    await expectCorrectServer(server)
    expect(await database.schemas()).toEqual([schema])
    const { output } = await runCommand(['doctor'], { DATABASE_URL: url })
    expect(output).toContain(`✓ Tables: in the schema ${schema}`)
    expect(output).toContain('All checks passed.')
  })

  test('two servers use two schemas of one database', async () => {
    await using database = await createDatabase()
    await using first = await startOn(database.urlWith())
    await using second = await startOn(database.urlWith({ schema: 'second' }))
    await Promise.all([first, second].map(expectCorrectServer))
    expect(await database.schemas()).toEqual(['public', 'second'])
  })

  test('a server keeps its schema when another one precedes it in the search_path', async () => {
    await using database = await createDatabase()
    await (await startOn(database.urlWith()))[Symbol.asyncDispose]()
    await database.query('CREATE SCHEMA AUTHORIZATION CURRENT_USER')
    await using server = await startOn(database.urlWith())
    await expectCorrectServer(server)
    expect(await database.schemas()).toEqual(['public'])
  })

  test.each<[string, string, Readonly<Record<string, string>>, RegExp]>([
    [
      'no existing schema in the search_path',
      'ALTER DATABASE $database SET search_path = nowhere',
      {},
      /^The search_path of the database user contains no existing schema\. Create the schema/,
    ],
    [
      'a schema that Prisma cannot name',
      'SELECT',
      { schema: 'a"b' },
      /^The name of the schema contains a quotation mark/,
    ],
  ])('is rejected at startup with a remedy: %s', async (_schema, statement, parameters, message) => {
    await using database = await createDatabase(statement)
    const { code, output } = await runCommand(['serve'], { DATABASE_URL: database.urlWith(parameters), PORT: '0' })
    expect(output).toMatch(message)
    expect(output.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  })

  test('/ready returns 503 if Prisma cannot read the tables', async () => {
    await using database = await createDatabase()
    await using server = await startOn(database.urlWith())
    await database.query('ALTER TABLE users RENAME TO people')
    expect((await fetch(`${server.url}/ready`)).status).toBe(503)
    expect(await migrate(server.database.pool, server.database.schema)).toEqual([])
  })
})
