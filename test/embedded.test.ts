import { expect, test } from 'vitest'
import { insertIntoEmbedded } from '../src/database/bulk-transaction.ts'
import { listenOnEmbedded } from '../src/database/listen.ts'
import { createDatabase } from '../src/database/open.ts'
import { openEmptyDatabase } from './support/environment.ts'

test('returns each statement its own result after a failed one on the embedded database', async () => {
  const embedded = await openEmptyDatabase()
  await using database = createDatabase({
    pool: embedded.pool,
    listen: listenOnEmbedded(embedded.pglite),
    copy: insertIntoEmbedded,
    close: embedded[Symbol.asyncDispose],
  })
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
