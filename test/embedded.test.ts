import { PGlite } from '@electric-sql/pglite'
import { expect, test } from 'vitest'
import { poolOver } from '../src/database/embedded.ts'
import { databaseOver } from '../src/database/open.ts'

test('a statement that fails on the embedded database leaves every other caller its own answer', async () => {
  const embedded = poolOver(await PGlite.create())
  await using database = databaseOver(embedded.pool, undefined, async () => embedded[Symbol.asyncDispose]())
  const answers = await Promise.allSettled(
    Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0
        ? database.prisma.$queryRawUnsafe(`SELECT 'no number'::integer AS n`)
        : database.prisma.$queryRaw<[{ n: number }]>`SELECT ${n}::integer AS n`,
    ),
  )
  for (const [n, answer] of answers.entries())
    if (n % 3 === 0) expect(answer.status).toBe('rejected')
    else expect(answer).toMatchObject({ status: 'fulfilled', value: [{ n }] })
})
