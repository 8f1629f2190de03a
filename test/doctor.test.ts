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

/** What the doctor says of an environment, and the exit code. */
async function examine(env: Readonly<Record<string, string>>) {
  const { code, output } = await runCommand(['doctor'], env)
  return { code, said: output }
}

/** The same by a process of its own: Node reads TMPDIR from the process's environment alone. */
async function examineSpawned(env: Readonly<Record<string, string>>) {
  await using doctor = new Command(['doctor'], env)
  const code = await doctor.ended()
  return { code, said: doctor.output }
}

describe.runIf(inject('postgres') === null)('the doctor of the embedded database', () => {
  const data = join(folder, 'data')

  test('finds nothing to do before the first start, and makes nothing', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'))
    for (const { code, said } of await Promise.all([data, empty].map((path) => examine({ SNAGLIST_DATA: path }))))
      expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('none yet') })
    expect(existsSync(data)).toBe(false)
    expect(readdirSync(empty)).toEqual([])
  })

  test('says what to do where there is a file instead, where files are damaged, and where none can be written', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, 'no directory')
    const damaged = join(folder, 'damaged')
    mkdirSync(join(damaged, 'database'), { recursive: true })
    writeFileSync(join(damaged, 'database/PG_VERSION'), '17')
    const wrong = await Promise.all([
      examine({ SNAGLIST_DATA: file }),
      examine({ SNAGLIST_DATA: damaged }),
      examineSpawned({ SNAGLIST_DATA: join(folder, 'none'), TMPDIR: join(folder, 'nowhere') }),
    ])
    expect(wrong).toEqual(
      [
        /✗ Database: .* needs a directory of its own: EEXIST.*\n {2}→ Set SNAGLIST_DATA/,
        /✗ Database: .* cannot be read: .*\n {2}→ See that the disk has room; where it has, restore a backup/,
        /✗ Folder for files that are imported: ENOENT.*\n {2}→ Let this user write there/,
      ].map((said) => ({ code: 1, said: expect.stringMatching(said) })),
    )
  })

  test('finds one that is up to date well, and says who has it open', async () => {
    copyEmbedded(data, inject('template'))
    const server = await startServer(readConfig({ SNAGLIST_DATA: data, PORT: '0' }), pino({ level: 'silent' }))
    const inUse = await examine({ SNAGLIST_DATA: data })
    await server[Symbol.asyncDispose]()
    expect(inUse).toMatchObject({ code: 1, said: expect.stringMatching(/✗ Database: Process \d+ on \S+ has/) })
    const { code, said } = await examine({ SNAGLIST_DATA: data })
    expect(said).toContain('All is well.')
    expect(code).toBe(0)
  })

  test('says what to do where other machines may come, and names every fault of the configuration', async () => {
    const [open, wrong] = await Promise.all([
      examine({ SNAGLIST_DATA: join(folder, 'none'), HOST: '0.0.0.0' }),
      examine({ PORT: 'x', SNAGLIST_COST_LIMIT: 'y' }),
    ])
    expect(open).toMatchObject({ code: 1, said: expect.stringContaining('→ It listens to other machines') })
    expect(wrong.code).toBe(2)
    for (const name of ['PORT', 'SNAGLIST_COST_LIMIT']) expect(wrong.said).toContain(name)
  })
})

describe.skipIf(inject('postgres') === null)('the doctor of PostgreSQL', () => {
  const postgres = inject('postgres') ?? ''
  const name = `snaglist_doctor_${process.pid}`
  const DATABASE_URL = postgres && databaseUrl(postgres, name)
  afterAll(() => execute(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))

  test('says that there is none, that it lacks migrations, and that all is well', async () => {
    expect(await examine({ DATABASE_URL })).toMatchObject({ code: 1, said: expect.stringContaining('does not exist') })
    await execute(postgres, `CREATE DATABASE ${name}`)
    expect(await examine({ DATABASE_URL })).toMatchObject({
      code: 1,
      said: expect.stringMatching(/✗ Migrations: to be applied: \d+_tracker[\s\S]*→ Start the server/),
    })
    expect((await runCommand(['migrate'], { DATABASE_URL })).code).toBe(0)
    const { code, said } = await examine({ DATABASE_URL })
    expect(said).toContain('All is well.')
    expect(code).toBe(0)
  })

  test('says when the database belongs to a newer server', async () => {
    const client = databaseUrl(postgres, name)
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: client })
    await pool.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_later', now())",
    )
    await pool.end()
    expect(await examine({ DATABASE_URL })).toMatchObject({
      code: 1,
      said: expect.stringContaining('newer than this server'),
    })
    expect(await runCommand(['serve'], { DATABASE_URL, PORT: '0' })).toEqual({
      code: 1,
      output: 'The database is newer than this server: it has 29990101000000_later. Start a newer Snaglist.\n',
    })
  })
})
