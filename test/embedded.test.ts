import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { openEmbedded } from '../src/database/embedded.ts'
import { createEmbeddedDatabase } from '../src/database/open.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { copyEmbedded } from './support/databases.ts'
import { openEmptyDatabase } from './support/environment.ts'

test('returns each statement its own result after a failed one on the embedded database', async () => {
  const embedded = await openEmptyDatabase()
  await using database = createEmbeddedDatabase(embedded)
  const { prisma, pool } = database
  const failingStatements = [
    () => prisma.$queryRawUnsafe('SELECT $1::text::uuid', 'no id'),
    () => pool.query('SELECT * FROM nowhere'),
    () => pool.query('SELECT * FROM nowhere WHERE 1 = $1', [1]),
  ]
  for (let n = 0; n < 30; n++) {
    await expect(failingStatements[n % failingStatements.length]?.()).rejects.toThrow(
      /invalid input syntax|does not exist/,
    )
    expect(await prisma.$queryRaw`SELECT ${n}::integer AS n`).toEqual([{ n }])
    expect((await pool.query('SELECT $1::integer AS n', [n + 1000])).rows).toEqual([{ n: n + 1000 }])
  }
})

test('follows no symbolic links of other users in the directory of an embedded database', async () => {
  using directory = temporaryDirectory()
  using other = temporaryDirectory()
  copyEmbedded(directory.path, inject('template'))
  for (const name of ['pid', 'reserve']) {
    writeFileSync(join(other.path, name), 'theirs')
    symlinkSync(join(other.path, name), join(directory.path, name))
  }
  await using embedded = await openEmbedded(directory.path)
  await embedded.pool.query('SELECT 1')
  for (const name of ['pid', 'reserve']) expect(readFileSync(join(other.path, name), 'utf8')).toBe('theirs')
})

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('makes the directory of an existing embedded database accessible to its user only', async () => {
  using directory = temporaryDirectory()
  copyEmbedded(directory.path, inject('template'))
  const database = join(directory.path, 'database')
  chmodSync(directory.path, 0o777)
  chmodSync(database, 0o755)
  await (await openEmbedded(directory.path))[Symbol.asyncDispose]()
  expect([modeOf(directory.path), modeOf(database)]).toEqual(['700', '700'])
  // A directory like /tmp keeps its mode.
  chmodSync(directory.path, 0o1777)
  await (await openEmbedded(directory.path))[Symbol.asyncDispose]()
  expect([modeOf(directory.path), modeOf(database)]).toEqual(['777', '700'])
})

test('creates the directory of an embedded database accessible to its user only, with any umask', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'new', 'data')
  const umask = process.umask(0)
  try {
    await (await openEmbedded(path))[Symbol.asyncDispose]()
  } finally {
    process.umask(umask)
  }
  expect([modeOf(path), modeOf(join(path, 'database'))]).toEqual(['700', '700'])
})

test('removes old segments of the write-ahead log of an embedded database while it runs', async () => {
  using directory = temporaryDirectory()
  copyEmbedded(directory.path, inject('template'))
  await using embedded = await openEmbedded(directory.path)
  let maxSegments = 0
  for (let megabytes = 0; megabytes < 300; megabytes += 4) {
    await embedded.pool.query("SELECT pg_logical_emit_message(false, 'test', repeat('x', 4000000))")
    maxSegments = Math.max(maxSegments, readdirSync(join(directory.path, 'database/pg_wal')).length)
  }
  expect(maxSegments).toBeLessThan(15)
})

test('updates the statistics of changed tables of an embedded database', async () => {
  using directory = temporaryDirectory()
  copyEmbedded(directory.path, inject('template'))
  await using embedded = await openEmbedded(directory.path)
  const { pool } = embedded
  const estimate = async () => (await pool.query("SELECT reltuples FROM pg_class WHERE relname = 'labels'")).rows[0]
  await pool.query("INSERT INTO projects (key, name) VALUES ('CORE', 'Core')")
  for (const count of [3000, 6000]) {
    await pool.query(
      `INSERT INTO labels (project_id, name, color)
      SELECT id, 'label ' || ${count} || n, '#000000' FROM projects, generate_series(1, 3000) n`,
    )
    await expect.poll(estimate, { interval: 200, timeout: 10_000 }).toEqual({ reltuples: count })
  }
})
