import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { sendFile } from './support/imports.ts'
import { CreateIssue, createIssue, createLabel, createTestUsers, password, type TestUsers } from './support/people.ts'
import { digestsOf } from './support/permissions.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

/** Browsers send the origin of a page. */
const clientKinds = [
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
] as const

const send = (client: Client, body: object, key: string, headers = {}) =>
  client.post(body, { 'idempotency-key': key, ...headers })
const details = ({ status, data, errors, extensions }: Awaited<ReturnType<typeof send>>) => ({
  status,
  data,
  errors,
  extensions,
})
const isReplayed = ({ headers }: { headers: Headers }) => headers.get('idempotency-replayed') === 'true'
const createBody = (title: string) => ({
  query: CreateIssue.toString(),
  variables: { input: { projectId: 'CORE', title } },
})
const count = (title: string) => server.database.prisma.ticket.count({ where: { title } })
const Patch = graphql(`
  mutation OncePatch($id: ID!, $version: Int) {
    updateIssue(input: { id: $id, title: "Patched", expectedVersion: $version }) { issue { version title updatedAt } }
  }
`)

/** Mutations of every kind. */
const mutations: Readonly<Record<string, () => Promise<{ client: Client; body: object }>>> = {
  'a new ticket': async () => ({ client: users.reporter, body: createBody('Filed once') }),
  'an update with expectedVersion': async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'To patch')
    return { client: users.contributor, body: { query: Patch.toString(), variables: { id, version: 1 } } }
  },
  'a comment': async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'To comment on')
    const query = `mutation { addComment(input: { ticketId: "${id}", body: "Once" }) { comment { id createdAt ticket { commentCount } } } }`
    return { client: users.reporter, body: { query } }
  },
  'a bulk mutation': async () => {
    const ids = [
      await createIssue(users.contributor, 'CORE', 'One'),
      await createIssue(users.contributor, 'CORE', 'Two'),
    ]
    const input = `{ ids: ${JSON.stringify(ids.map(({ id }) => id))}, status: CLOSED }`
    const query = `mutation { bulkUpdateStatus(input: ${input}) { batch updatedCount tickets { key status version } } }`
    return { client: users.contributor, body: { query } }
  },
  'a deleted label': async () => {
    const id = await createLabel(users.maintainer, 'CORE', `label ${crypto.randomUUID()}`)
    const query = `mutation { deleteLabel(input: { id: "${id}" }) { deletedLabelId project { key } } }`
    return { client: users.maintainer, body: { query } }
  },
  'a sign-up': async () => {
    const input = `{ username: "u${crypto.randomUUID().slice(0, 8)}", name: "New", password: "${password}" }`
    return { client: server.anonymous, body: { query: `mutation { signUp(input: ${input}) { token viewer { id } } }` } }
  },
  'a sign-in': async () => {
    const query = `mutation { signIn(input: { username: "viewer", password: "${password}" }) { token expiresAt } }`
    return { client: server.anonymous, body: { query } }
  },
  'an access token': async () => {
    const query = 'mutation { createAccessToken(input: { name: "once" }) { secret accessToken { id } } }'
    return { client: users.reporter, body: { query } }
  },
  'several mutations in a document': async () => {
    const create = (title: string) => `createIssue(input: { projectId: "CORE", title: "${title}" }) { issue { key } }`
    return { client: users.reporter, body: { query: `mutation { a: ${create('A')} b: ${create('B')} }` } }
  },
}

describe.each(Object.entries(mutations))('repeated request: %s', (_description, prepare) => {
  test.each(clientKinds)('runs a repeated request once and returns the same result, %s', async (_client, headers) => {
    const { client, body } = await prepare()
    const key = crypto.randomUUID()
    const first = await send(client, body, key, headers)
    const before = await digestsOf(server)
    const again = await send(client, body, key, headers)
    expect(details(again)).toEqual(details(first))
    expect([isReplayed(first), isReplayed(again)]).toEqual([false, true])
    expect(await digestsOf(server)).toEqual(before)
  })
})

test.each(clientKinds)('runs a repeated request again if it was rejected, %s', async (_client, headers) => {
  const key = crypto.randomUUID()
  const sendForbidden = () => send(users.viewer, createBody('Forbidden'), key, headers)
  const [first, again] = [await sendForbidden(), await sendForbidden()]
  expect(first.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  expect(details(again)).toEqual(details(first))
  expect([isReplayed(first), isReplayed(again)]).toEqual([false, false])
})

test('runs only those mutations of a repeated request that had no effect before', async () => {
  const key = crypto.randomUUID()
  const create = (title: string) => `createIssue(input: { projectId: "CORE", title: "${title}" }) { issue { key } }`
  const query = `mutation { a: ${create('First of two')} b: ${create('Second of two')} }`
  await server.database.pool.query("ALTER TABLE tickets ADD CONSTRAINT provoked CHECK (title <> 'Second of two')")
  const first = await send(users.reporter, { query }, key)
  await server.database.pool.query('ALTER TABLE tickets DROP CONSTRAINT provoked')
  expect(first.errors?.map(({ path }) => path)).toEqual([['b']])
  const again = await send(users.reporter, { query }, key)
  expect(again.errors).toBeUndefined()
  expect([await count('First of two'), await count('Second of two'), isReplayed(again)]).toEqual([1, 1, false])
})

test.each(clientKinds)(
  'runs one of twenty concurrent requests with one key, and returns its result to all, %s',
  async (_client, headers) => {
    const title = `Concurrent ${crypto.randomUUID()}`
    const key = crypto.randomUUID()
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => send(users.reporter, createBody(title), key, headers)),
    )
    expect(responses[0]?.data).toHaveProperty('createIssue.issue.key')
    expect(new Set(responses.map((response) => JSON.stringify(details(response)))).size).toBe(1)
    expect(await count(title)).toBe(1)
  },
)

describe('sign-in with an Idempotency-Key', () => {
  const signIn = (username: string, secret = password) => ({
    query: `mutation { signIn(input: { username: "${username}", password: "${secret}" }) { token viewer { username } } }`,
  })
  const failures = async (username: string) =>
    (
      await server.database.pool.query<{ key: string; failures: number }>(
        'SELECT key, failures FROM sign_in_attempts WHERE key LIKE $1',
        [`both ${username} %`],
      )
    ).rows[0]?.failures ?? 0

  test.each(clientKinds)(
    'counts twenty concurrent sign-ins with one key as one attempt, %s',
    async (_client, headers) => {
      const key = crypto.randomUUID()
      server.statements.length = 0
      const responses = await Promise.all(
        Array.from({ length: 20 }, () => send(server.anonymous, signIn('maintainer'), key, headers)),
      )
      expect(responses[0]?.data).toHaveProperty('signIn.viewer.username', 'maintainer')
      // The password is verified only once, because that is slow.
      expect(server.statements.filter((sql) => sql.includes('password_hash AS'))).toHaveLength(1)
      expect(new Set(responses.map((response) => JSON.stringify(details(response)))).size).toBe(1)
      expect(await failures('maintainer')).toBe(0)
    },
  )

  test('counts each repeated sign-in with a wrong password, and stores nothing', async () => {
    const before = await server.database.prisma.idempotencyKey.count()
    const key = crypto.randomUUID()
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { errors } = await send(server.anonymous, signIn('outsider', 'wrong'), key)
      expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
      expect(await failures('outsider')).toBe(attempt)
    }
    expect(await server.database.prisma.idempotencyKey.count()).toBe(before)
  })

  test('counts a repeated sign-in after RATE_LIMITED', async () => {
    const { pool } = server.database
    const key = crypto.randomUUID()
    await send(server.anonymous, signIn('admin', 'wrong'), crypto.randomUUID())
    await pool.query(
      "UPDATE sign_in_attempts SET blocked_until = now() + interval '1 hour' WHERE key LIKE 'both admin %'",
    )
    const limitedResponse = await send(server.anonymous, signIn('admin', 'wrong'), key)
    expect(limitedResponse.errors?.[0]?.extensions?.code).toBe('RATE_LIMITED')
    await pool.query("UPDATE sign_in_attempts SET blocked_until = '-infinity' WHERE key LIKE 'both admin %'")
    const again = await send(server.anonymous, signIn('admin', 'wrong'), key)
    expect(again.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    expect(await failures('admin')).toBe(2)
  })
})

describe('Idempotency-Key', () => {
  test('rejects an Idempotency-Key with another body', async () => {
    const key = crypto.randomUUID()
    await send(users.reporter, createBody('The first body'), key)
    const before = await digestsOf(server)
    for (const body of [createBody('Another body'), { ...createBody('The first body'), query: `${CreateIssue} ` }]) {
      const { data, errors } = await send(users.reporter, body, key)
      expect(errors?.[0]?.extensions?.code).toBe('CONFLICT')
      expect(data).toBeUndefined()
    }
    expect(await digestsOf(server)).toEqual(before)
  })

  test('accepts the same Idempotency-Key from two users', async () => {
    const key = crypto.randomUUID()
    const [mine, theirs] = await Promise.all(
      [users.reporter, users.contributor].map((client) => send(client, createBody('Of two'), key)),
    )
    expect(mine?.data).not.toEqual(theirs?.data)
    expect(await count('Of two')).toBe(2)
  })

  test('forgets an Idempotency-Key after 24 hours', async () => {
    const key = crypto.randomUUID()
    const age = (hours: number) =>
      server.database.pool.query(`UPDATE idempotency_keys SET created_at = now() - interval '1 hour' * $1`, [hours])
    await send(users.reporter, createBody('A day'), key)
    await age(23)
    expect(isReplayed(await send(users.reporter, createBody('A day'), key))).toBe(true)
    await age(25)
    expect(isReplayed(await send(users.reporter, createBody('A day'), key))).toBe(false)
    expect(await count('A day')).toBe(2)
    const old = () =>
      server.database.prisma.idempotencyKey.count({ where: { createdAt: { lt: new Date(Date.now() - 86_400_000) } } })
    const before = await old()
    expect(before).toBeGreaterThan(20)
    await send(users.reporter, createBody('Swept'), crypto.randomUUID())
    expect(await old()).toBe(before - 20)
  })

  test('ignores the Idempotency-Key of a query', async () => {
    const key = crypto.randomUUID()
    const ask = () => send(users.reporter, { query: '{ tickets(first: 0) { totalCount } }' }, key)
    const before = JSON.stringify((await ask()).data)
    await createIssue(users.contributor, 'CORE', 'One more')
    expect(JSON.stringify((await ask()).data)).not.toBe(before)
  })

  test.each(['', 'two words', 'x'.repeat(256)])('rejects the Idempotency-Key "%s"', async (key) => {
    const { errors } = await send(users.reporter, createBody('Bad key'), key)
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fieldErrors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
    })
    expect(await count('Bad key')).toBe(0)
  })
})

test('stores no readable results and keys in the database', async () => {
  const key = crypto.randomUUID()
  const query = 'mutation { createAccessToken(input: { name: "kept" }) { secret accessToken { id } } }'
  const { data } = await send(users.reporter, { query }, key)
  const { secret } = (data as { createAccessToken: { secret: string } }).createAccessToken
  const { rows } = await server.database.pool.query<{ row: string }>(
    "SELECT concat(encode(key, 'escape'), step, encode(body, 'escape'), encode(sealed, 'escape')) AS row FROM idempotency_keys",
  )
  for (const { row } of rows) {
    expect(row).not.toContain(secret)
    expect(row).not.toContain(key)
  }
})

test('rejects invalid variables each time without storing the key', async () => {
  const key = crypto.randomUUID()
  const invalid = { query: CreateIssue.toString(), variables: { input: { projectId: 'CORE', title: 1 } } }
  const [first, again] = [await send(users.reporter, invalid, key), await send(users.reporter, invalid, key)]
  expect(first.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  expect(details(again)).toEqual(details(first))
})

test('imports a file once, and rejects another file with the same key', async () => {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const send = (file: string) => sendFile(users.contributor, file, { projectId: 'CORE', kind: 'ISSUE' }, { headers })
  const [first, again] = [await send('title\nImported once\n'), await send('title\nImported once\n')]
  expect(first.data?.importTickets.import.createdCount).toBe(1)
  expect(again.data).toEqual(first.data)
  expect((await send('title\nImported twice\n')).errors?.[0]?.extensions?.code).toBe('CONFLICT')
  expect([await count('Imported once'), await count('Imported twice')]).toEqual([1, 0])
})
