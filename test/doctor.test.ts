import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { Command } from './support/command.ts'
import { databaseUrl, execute } from './support/databases.ts'

const folder = mkdtempSync(join(tmpdir(), 'snaglist-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What the doctor says of an environment, and the exit code. */
async function examine(env: Readonly<Record<string, string>>) {
  await using doctor = new Command(['doctor'], env)
  const code = await doctor.ended()
  return { code, said: doctor.output }
}

describe.runIf(inject('postgres') === null)('the doctor of the embedded database', () => {
  const data = join(folder, 'data')

  test('finds nothing to do before the first start, and makes nothing', async () => {
    const { code, said } = await examine({ SNAGLIST_DATA: data })
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('none yet') })
    expect(existsSync(data)).toBe(false)
  })

  test('finds one that is up to date well, and says who has it open', async () => {
    await using server = new Command(['serve'], { SNAGLIST_DATA: data, SNAGLIST_DEMO: '0', PORT: '0' })
    await server.printed(/listens on/)
    const inUse = await examine({ SNAGLIST_DATA: data })
    expect(inUse).toMatchObject({ code: 1, said: expect.stringMatching(/✗ Database: Process \d+ on \S+ has/) })
    server.process.kill('SIGTERM')
    await server.ended()
    const { code, said } = await examine({ SNAGLIST_DATA: data })
    expect(said).toContain('All is well.')
    expect(code).toBe(0)
  })

  test('says what to do where other machines may come, and names every fault of the configuration', async () => {
    const open = await examine({ SNAGLIST_DATA: data, HOST: '0.0.0.0' })
    expect(open).toMatchObject({ code: 1, said: expect.stringContaining('→ It listens to other machines') })
    const wrong = await examine({ PORT: 'x', SNAGLIST_COST_LIMIT: 'y' })
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
    await using migrate = new Command(['migrate'], { DATABASE_URL })
    expect(await migrate.ended()).toBe(0)
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
  })
})
