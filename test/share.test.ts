import { beforeAll, describe, expect, inject, test } from 'vitest'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

// What one request may take, whatever it costs.
const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  await createIssue(users.contributor, 'CORE', 'One')
})

/** A page sends its origin. */
const ways = [
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
] as const

describe('an answer of more than 20 MB', () => {
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
      'is refused where aliases repeat what is read',
      'comments(first: 100) { nodes { a: body b: body c: body d: body } }',
      false,
    ],
    [
      'is not read',
      `a: ${comments} b: comments(first: 99) { nodes { id body } } c: comments(first: 98) { nodes { id body } } d: comments(first: 97) { nodes { id body } }`,
      false,
    ],
    ['is more than that', `${comments} again: comments(first: 99) { nodes { body } }`, true],
  ])('%s', async (_what, fields, fits) => {
    for (const [, headers] of ways) {
      const response = await users.viewer.post({ query: `{ issue(id: "CORE-1") { ${fields} } }` }, headers)
      if (fits) expect(response.errors).toBeUndefined()
      else expect(response.errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 20_000_000 } }])
    }
  })
})

test.runIf(inject('postgres'))('a query leaves connections to others, however many lists it asks for', async () => {
  const { pool } = server.database
  let [used, most] = [0, 0]
  const take = () => {
    most = Math.max(most, ++used)
  }
  const give = () => used--
  pool.on('acquire', take).on('release', give)
  const lists = Array.from({ length: 30 }, (_, n) => `a${n}: tickets(first: ${n + 1}) { totalCount nodes { id } }`)
  const { errors } = await users.viewer.post({ query: `{ ${lists.join(' ')} }` })
  pool.off('acquire', take).off('release', give)
  expect(errors).toBeUndefined()
  expect(most).toBeLessThanOrEqual(4)
})
