import { beforeAll, describe, expect, inject, test } from 'vitest'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({}, { fillsTables: true })
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  await createIssue(users.contributor, 'CORE', 'One')
})

/** Browsers send the origin of a page. */
const clientKinds = [
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
] as const

describe('result size', () => {
  const long = 65_535
  const comments = 'comments(first: 100) { nodes { id body } }'
  beforeAll(async () => {
    await server.database.pool.query(
      `INSERT INTO comments (ticket_id, author_id, body)
       SELECT t.id, t.reporter_id, repeat('long ', ${long / 5}) FROM tickets t, generate_series(1, 100) WHERE t.number = 1`,
    )
  })

  test.each<[string, string, boolean]>([
    [
      'rejects a result that is too large because aliases repeat a value',
      'comments(first: 100) { nodes { a: body b: body c: body d: body } }',
      false,
    ],
    [
      'rejects values above the quota before they are sent',
      `a: ${comments} b: comments(first: 99) { nodes { id body } } c: comments(first: 98) { nodes { id body } } d: comments(first: 97) { nodes { id body } }`,
      false,
    ],
    ['accepts values within the quota', `${comments} again: comments(first: 99) { nodes { body } }`, true],
  ])('%s', async (_description, fields, fits) => {
    for (const [, headers] of clientKinds) {
      const response = await users.viewer.post({ query: `{ issue(id: "CORE-1") { ${fields} } }` }, headers)
      if (fits) expect(response.errors).toBeUndefined()
      else expect(response.errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 20_000_000 } }])
    }
  })
})

test.runIf(inject('postgres'))('uses at most four connections for a query with many lists', async () => {
  const { pool } = server.database
  let [used, maxUsed] = [0, 0]
  const onAcquire = () => {
    maxUsed = Math.max(maxUsed, ++used)
  }
  const onRelease = () => used--
  pool.on('acquire', onAcquire).on('release', onRelease)
  const lists = Array.from({ length: 30 }, (_, n) => `a${n}: tickets(first: ${n + 1}) { totalCount nodes { id } }`)
  const { errors } = await users.viewer.post({ query: `{ ${lists.join(' ')} }` })
  pool.off('acquire', onAcquire).off('release', onRelease)
  expect(errors).toBeUndefined()
  expect(maxUsed).toBeLessThanOrEqual(4)
})
