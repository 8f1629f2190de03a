import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { listMigrations } from '../src/database/migrate.ts'
import { startServer } from '../src/server.ts'
import { runCommand } from './support/command.ts'
import { databaseUrl, execute } from './support/databases.ts'
import { copyDatabase, queryCopy } from './support/environment.ts'

type Env = Readonly<Record<string, string>>

/** Expects that the server ends with a problem and a remedy, without a stack trace. */
async function expectRejection(env: Env, message: RegExp): Promise<void> {
  const { code, output } = await runCommand(['serve'], { SNAGLIST_DEMO: '0', PORT: '0', ...env })
  expect(output).toMatch(message)
  expect(output.trimEnd().split('\n')).toHaveLength(1)
  expect(code).toBe(1)
}

const names = listMigrations().map(({ name }) => name)
const [first = '', last = ''] = [names[0], names.at(-1)]
const empty = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'
const isLast = `migration_name = '${last}'`
const pending = '20261126000001_import_files'
const undone = `DELETE FROM _prisma_migrations WHERE migration_name = '${pending}'; ALTER TABLE history DROP reverted, DROP effective_at;
  ALTER TABLE imports DROP warning_count, DROP columns, DROP preview; ALTER TABLE import_faults DROP is_warning`
const existing = (migration: string) =>
  new RegExp(`^The migration ${migration} failed: .* already exists.* Nothing was changed. .*empty database`)
const missing = new RegExp(`^The migration ${pending} failed: .* does not exist.* Restore a backup`)

describe('a database that the server cannot use', () => {
  const changes: readonly [problem: string, change: string, message: RegExp][] = [
    ['a table of another application', `${empty}; CREATE TABLE users (id int)`, existing(first)],
    ['a type of another application', `${empty}; CREATE TYPE priority AS (x int)`, existing(first)],
    ['a view of another application', `${empty}; CREATE VIEW tickets AS SELECT 1 AS id`, existing(first)],
    ['tables without records of migrations', 'DELETE FROM _prisma_migrations', existing(first)],
    ['the last migration without its record', `DELETE FROM _prisma_migrations WHERE ${isLast}`, existing(last)],
    [
      'the last migration as unfinished',
      `UPDATE _prisma_migrations SET finished_at = NULL WHERE ${isLast}`,
      existing(last),
    ],
    ['no table for a pending migration', `${undone}; DROP TABLE tickets CASCADE`, missing],
    ['no column for a pending migration', `${undone}; ALTER TABLE tickets DROP resolved_at CASCADE`, missing],
    [
      'migrations of another application',
      `UPDATE _prisma_migrations SET migration_name = 'theirs' WHERE ${isLast}`,
      /^The database is newer than this server: .* theirs\. .*another application/,
    ],
    [
      'records of migrations in another format',
      'DROP TABLE _prisma_migrations; CREATE TABLE _prisma_migrations (version int)',
      /^The preparation of the migrations failed: column .* does not exist.* Restore a backup/,
    ],
    [
      'no schema',
      'DROP SCHEMA public CASCADE',
      /^The search_path of the database user contains no existing schema\. Create the schema/,
    ],
  ]
  // The checks are the same statements on the embedded database, which takes two seconds to open.
  const checkedChanges = inject('postgres') ? changes : changes.filter((_change, index) => index % 5 === 0)
  test.each(checkedChanges)('is rejected at startup with a remedy: %s', async (_problem, change, message) => {
    await using copy = await copyDatabase()
    await queryCopy(copy.env, change)
    await expectRejection(copy.env, message)
  })
})

describe.runIf(inject('postgres'))('a PostgreSQL server that the server cannot use', () => {
  const postgres = inject('postgres') ?? ''
  const role = `snaglist_role_${process.pid}`
  beforeAll(() => execute(postgres, `CREATE ROLE ${role} LOGIN`))
  afterAll(() => execute(postgres, `DROP ROLE ${role}`))

  const asRole = (url: string) => {
    const roleUrl = new URL(url)
    roleUrl.username = role
    return roleUrl.href
  }

  test.each<[string, (name: string) => string, RegExp]>([
    ['nothing', () => '', /^The preparation of the migrations failed: permission denied .* OWNER TO/],
    [
      'the schema',
      () => `GRANT CREATE ON SCHEMA public TO ${role}`,
      /^The preparation of the migrations failed: permission denied for table _prisma_migrations .* OWNER TO/,
    ],
    [
      'reading all tables',
      () => `GRANT CREATE ON SCHEMA public TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
      /^The database user is not allowed to read and write the tables _prisma_migrations, changes, comment_times, .* grant it SELECT/,
    ],
    ['no connection', (name) => `REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`, /^Cannot connect .* DATABASE_URL/],
  ])('is rejected at startup with a remedy: a role that may access %s', async (_access, grant, message) => {
    await using copy = await copyDatabase()
    const url = copy.env['DATABASE_URL'] ?? ''
    await queryCopy(copy.env, grant(new URL(url).pathname.slice(1)) || 'SELECT')
    await expectRejection({ DATABASE_URL: asRole(url) }, message)
    await queryCopy(copy.env, `DROP OWNED BY ${role}`)
  })

  test('is rejected at startup with a remedy: a read-only database with pending migrations', async () => {
    await using copy = await copyDatabase()
    const { pathname } = new URL(copy.env['DATABASE_URL'] ?? '')
    await queryCopy(copy.env, undone)
    await execute(postgres, `ALTER DATABASE ${pathname.slice(1)} SET default_transaction_read_only = on`)
    await expectRejection(copy.env, /read-only transaction .* set DATABASE_URL to the primary server/)
  })

  test.each<[string, (url: URL) => void]>([
    ['an unknown role', (url) => Object.assign(url, { username: 'no_such_role' })],
    ['an unknown database', (url) => Object.assign(url, { pathname: '/no_such_database' })],
    ['a closed port', (url) => Object.assign(url, { port: '1' })],
    ['an unknown host', (url) => Object.assign(url, { hostname: 'host.invalid' })],
    ['a missing certificate', (url) => url.searchParams.set('sslrootcert', '/none.pem')],
    ['no TLS', (url) => url.searchParams.set('sslmode', 'require')],
  ])('is rejected at startup with a remedy: %s', async (_problem, change) => {
    const url = new URL(databaseUrl(postgres, 'postgres'))
    change(url)
    await expectRejection({ DATABASE_URL: url.href }, /^Cannot connect to the database: .+\. Check DATABASE_URL/)
  })
})

test.runIf(inject('postgres'))('a server on a read-only PostgreSQL database reads, and rejects changes', async () => {
  await using copy = await copyDatabase()
  const { pathname } = new URL(copy.env['DATABASE_URL'] ?? '')
  await execute(inject('postgres') ?? '', `ALTER DATABASE ${pathname.slice(1)} SET default_transaction_read_only = on`)
  await using server = await startServer(readConfig({ PORT: '0', ...copy.env }), pino({ level: 'silent' }))
  expect((await fetch(`${server.url}/ready`)).status).toBe(200)
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation { signUp(input: { username: "ada", name: "Ada", password: "correct horse" }) { token } }',
    }),
  })
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
})
