import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { recordOwner } from '../src/database/directory-lock.ts'
import { openEmbedded } from '../src/database/embedded.ts'
import { Command, runCommand } from './support/command.ts'
import { copyEmbedded, databaseUrl, execute } from './support/databases.ts'

const folder = mkdtempSync(join(tmpdir(), 'snaglist-'))
afterAll(() => rmSync(folder, { recursive: true }))

const examine = (env: Readonly<Record<string, string>>) => runCommand(['doctor'], env)

/** Runs a process, because Node.js reads TMPDIR only from the environment of the process. */
async function examineSpawned(env: Readonly<Record<string, string>>) {
  await using doctor = new Command(['doctor'], env)
  const code = await doctor.waitForExit()
  return { code, output: doctor.output }
}

describe.runIf(inject('postgres') === null)('doctor on the embedded database', () => {
  const data = join(folder, 'data')

  test('doctor passes before the first start and creates nothing', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'))
    for (const { code, output } of await Promise.all([data, empty].map((path) => examine({ SNAGLIST_DATA: path }))))
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('none yet') })
    expect(existsSync(data)).toBe(false)
    expect(readdirSync(empty)).toEqual([])
  })

  test('doctor suggests a remedy for a file instead of a directory, damaged files and a missing TMPDIR', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, 'no directory')
    const damaged = join(folder, 'damaged')
    mkdirSync(join(damaged, 'database'), { recursive: true })
    writeFileSync(join(damaged, 'database/PG_VERSION'), '17')
    const failures = await Promise.all([
      examine({ SNAGLIST_DATA: file }),
      examine({ SNAGLIST_DATA: damaged }),
      examineSpawned({ SNAGLIST_DATA: join(folder, 'none'), TMPDIR: join(folder, 'nowhere') }),
    ])
    expect(failures).toMatchObject(
      [
        /✗ Database: .* cannot be created, written or made private: EEXIST.*\n {2}→ Set SNAGLIST_DATA/,
        /✗ Database: .* cannot be opened: .*\n {2}→ Check the free disk space. Otherwise restore a backup/,
        /✗ Directory for uploaded files: ENOENT.*\n {2}→ Make the directory writable/,
      ].map((output) => ({ code: 1, output: expect.stringMatching(output) })),
    )
  })

  test('doctor passes on an up-to-date database, and next to a ready server that uses it', async () => {
    copyEmbedded(data, inject('template'))
    const env = { SNAGLIST_DATA: data, PORT: '0' }
    expect(await examine(env)).toMatchObject({ code: 0, output: expect.stringContaining('All checks passed.') })
    await using server = new Command(['serve'], { ...env, SNAGLIST_DEMO: '0' })
    const [, url] = await server.waitForOutput(/listening on (http:\/\/localhost:\d+)/)
    const nextToServer = await examine(env)
    expect(nextToServer.stdout).toMatch(/✓ Database: .* in use by process \d+ on /)
    expect(nextToServer.stdout).toContain(`The server at ${url} is ready.\nAll checks passed.\n`)
    expect(nextToServer.code).toBe(0)
  })

  test('doctor --restored expires the cursors of a copied directory, unless a check fails', async () => {
    const [original, restored] = [join(folder, 'original'), join(folder, 'restored')]
    copyEmbedded(original, inject('template'))
    cpSync(original, restored, { recursive: true })
    const epochOf = async (directory: string) => {
      await using embedded = await openEmbedded(directory)
      return (await embedded.pool.query('SELECT epoch FROM feed')).rows[0].epoch
    }
    const epoch = await epochOf(original)
    const examineRestored = (env: Readonly<Record<string, string>> = {}) =>
      runCommand(['doctor', '--restored'], { SNAGLIST_DATA: restored, ...env })
    const failed = await examineRestored({ HOST: '0.0.0.0' })
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining('✗ Cursors of changes: unchanged') })
    expect(await epochOf(restored)).toBe(epoch)
    const passed = await examineRestored()
    expect(passed).toMatchObject({ code: 0, output: expect.stringContaining('✓ Cursors of changes: expired') })
    expect(await epochOf(restored)).not.toBe(epoch)
  })

  test('doctor fails if another process uses the database but no server responds', async () => {
    const database = await openEmbedded(data)
    const withoutUrl = await examine({ SNAGLIST_DATA: data })
    recordOwner(data, 'http://localhost:1')
    const withDeadUrl = await examine({ SNAGLIST_DATA: data })
    await database[Symbol.asyncDispose]()
    expect(withoutUrl).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✗ Database: .* in use by process \d+ on /),
    })
    expect(withDeadUrl).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /✗ Database: .*The server at http:\/\/localhost:1 does not respond: .*\n {2}→ Run this/,
      ),
    })
  })

  test('doctor --json prints all checks', async () => {
    const { code, stdout } = await runCommand(['doctor', '--json'], { SNAGLIST_DATA: join(folder, 'none'), HOST: '::' })
    const { passed, checks } = JSON.parse(stdout)
    expect({ code, passed }).toEqual({ code: 1, passed: false })
    expect(checks[0]).toEqual({
      subject: 'Configuration',
      passed: false,
      result: expect.stringContaining('embedded database'),
      remedy: expect.stringContaining('NODE_ENV=production'),
    })
    expect(checks.at(-1)).toMatchObject({ subject: 'Database', passed: true, remedy: null })
  })

  test('doctor warns about remote connections and reports every configuration error', async () => {
    const [open, invalid] = await Promise.all([
      examine({ SNAGLIST_DATA: join(folder, 'none'), HOST: '0.0.0.0' }),
      examine({ PORT: 'x', SNAGLIST_COST_LIMIT: 'y' }),
    ])
    expect(open).toMatchObject({ code: 1, output: expect.stringContaining('accepts connections from other machines') })
    expect(invalid.code).toBe(2)
    for (const name of ['PORT', 'SNAGLIST_COST_LIMIT']) expect(invalid.output).toContain(name)
  })
})

describe.skipIf(inject('postgres') === null)('doctor on PostgreSQL', () => {
  const postgres = inject('postgres') ?? ''
  const name = `snaglist_doctor_${process.pid}`
  const DATABASE_URL = postgres && databaseUrl(postgres, name)
  afterAll(() => execute(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))

  test('doctor reports a missing database and pending migrations, and passes after migrate', async () => {
    expect(await examine({ DATABASE_URL })).toMatchObject({
      code: 1,
      output: expect.stringContaining('does not exist'),
    })
    await execute(postgres, `CREATE DATABASE ${name}`)
    expect(await examine({ DATABASE_URL })).toMatchObject({
      code: 1,
      output: expect.stringMatching(/✗ Migrations: pending: \d+_tracker[\s\S]*→ Start the server/),
    })
    expect((await runCommand(['migrate'], { DATABASE_URL })).code).toBe(0)
    const { code, output } = await examine({ DATABASE_URL })
    expect(output).toContain('All checks passed.')
    expect(code).toBe(0)
  })

  test('doctor and serve reject the database of a newer server', async () => {
    const client = databaseUrl(postgres, name)
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: client })
    await pool.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_later', now())",
    )
    await pool.end()
    expect(await examine({ DATABASE_URL })).toMatchObject({
      code: 1,
      output: expect.stringContaining('newer than this server'),
    })
    expect(await runCommand(['serve'], { DATABASE_URL, PORT: '0' })).toMatchObject({
      code: 1,
      output:
        'The database is newer than this server: it has the unknown migrations 29990101000000_later. Run a newer version of Snaglist, or set DATABASE_URL to another database if this one belongs to another application.\n',
    })
  })
})
