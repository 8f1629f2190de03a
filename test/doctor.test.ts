import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
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
    expect(failures).toEqual(
      [
        /✗ Database: .* cannot be created, written or made private: EEXIST.*\n {2}→ Set SNAGLIST_DATA/,
        /✗ Database: .* cannot be opened: .*\n {2}→ Check the free disk space. Otherwise restore a backup/,
        /✗ Directory for uploaded files: ENOENT.*\n {2}→ Make the directory writable/,
      ].map((output) => ({ code: 1, output: expect.stringMatching(output) })),
    )
  })

  test('doctor passes on an up-to-date database and names the process that uses it', async () => {
    copyEmbedded(data, inject('template'))
    const server = await startServer(readConfig({ SNAGLIST_DATA: data, PORT: '0' }), pino({ level: 'silent' }))
    const inUse = await examine({ SNAGLIST_DATA: data })
    await server[Symbol.asyncDispose]()
    expect(inUse).toMatchObject({ code: 1, output: expect.stringMatching(/✗ Database: .* in use by process \d+ on /) })
    const { code, output } = await examine({ SNAGLIST_DATA: data })
    expect(output).toContain('All checks passed.')
    expect(code).toBe(0)
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
    expect(await runCommand(['serve'], { DATABASE_URL, PORT: '0' })).toEqual({
      code: 1,
      output:
        'The database is newer than this server: it has the unknown migrations 29990101000000_later. Run a newer version of Snaglist, or set DATABASE_URL to another database if this one belongs to another application.\n',
    })
  })
})
