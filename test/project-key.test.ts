import { beforeAll, beforeEach, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server, 'HIDDEN')
  await createProject(users.admin, 'SEEN', 'VIEWER')
})
beforeEach(() => server.database.pool.query('DELETE FROM rates'))

const Create = graphql(`
  mutation KeyCreate($key: String!) { createProject(input: { key: $key, name: "Any" }) { project { id } } }
`)

let keyCount = 0
const freeKey = () => `FREE${++keyCount}`
const attempt = async (client: Client, key: string) => {
  const { errors } = await client.send(Create, { key })
  return errors?.[0] ?? null
}
const codesOf = async (client: Client, keys: readonly string[]) => {
  const codes: string[] = []
  for (const key of keys) codes.push((await attempt(client, key))?.extensions?.code ?? 'OK')
  return codes
}

test('rejects the keys of visible and hidden projects with the same words', async () => {
  const errors = [await attempt(users.outsider, 'seen'), await attempt(users.outsider, 'HIDDEN')]
  expect(errors.map((error) => error?.message)).toEqual(Array(2).fill('The project key is already taken.'))
})

test('limits taken keys of visible and hidden projects in any case, then every key', async () => {
  const taken = ['HIDDEN', 'hidden', 'Seen', 'HiDdEn', 'SEEN']
  expect(await codesOf(users.outsider, [...taken, ...taken])).toEqual(Array(10).fill('CONFLICT'))
  const limited = await attempt(users.outsider, 'HIDDEN')
  expect(limited?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
  expect(limited?.extensions?.['retryAfter']).toBeGreaterThan(3500)
  const free = freeKey()
  const withoutSeconds = (message = '') => message.replace(/\d+ seconds/, '')
  expect(withoutSeconds((await attempt(users.outsider, free))?.message)).toBe(withoutSeconds(limited?.message))
  expect(await server.database.prisma.project.count({ where: { key: free } })).toBe(0)
  expect(await codesOf(users.viewer, ['HIDDEN', freeKey()])).toEqual(['CONFLICT', 'OK'])
})

test('limits concurrent attempts on two servers together', async () => {
  const other = server.withSettings({ SNAGLIST_RATE_POINTS: '0', SNAGLIST_RATE_REQUESTS: '0' })
  const errors = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      (n % 2 === 0 ? server : other).app
        .fetch('http://localhost/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${users.outsider.token}` },
          body: JSON.stringify({ query: Create.toString(), variables: { key: n % 3 === 0 ? 'hidden' : 'SEEN' } }),
        })
        .then((response) => response.json() as Promise<{ errors?: { extensions: { code: string } }[] }>),
    ),
  )
  const codes = errors.map(({ errors }) => errors?.[0]?.extensions.code)
  expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(10)
  expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(20)
  await other.app.dispose()
})

test('does not count free keys, and forgets taken ones after an hour', async () => {
  expect(await codesOf(users.outsider, Array.from({ length: 15 }, freeKey))).toEqual(Array(15).fill('OK'))
  await codesOf(users.outsider, Array(11).fill('HIDDEN'))
  expect(await codesOf(users.outsider, [freeKey()])).toEqual(['RATE_LIMITED'])
  await server.database.pool.query('UPDATE rates SET expire = expire - 3600 * 1000::bigint')
  expect(await codesOf(users.outsider, ['HIDDEN', freeKey()])).toEqual(['CONFLICT', 'OK'])
})

test('does not limit ADMINs, who see all projects', async () => {
  expect(await codesOf(users.admin, Array(12).fill('HIDDEN'))).toEqual(Array(12).fill('CONFLICT'))
})

test('does not count the repetition of an idempotent request', async () => {
  const key = freeKey()
  const send = () =>
    users.outsider.post({ query: Create.toString(), variables: { key } }, { 'idempotency-key': 'create-once' })
  const first = await send()
  for (let repetition = 0; repetition < 12; repetition++) expect((await send()).data).toEqual(first.data)
  expect(await codesOf(users.outsider, [freeKey()])).toEqual(['OK'])
})
