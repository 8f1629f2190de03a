import { beforeAll, beforeEach, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { type TestServer, useServer } from './support/app.ts'
import { password, signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await signUp(server, 'grace')
})
beforeEach(async () => {
  await server.database.pool.query('TRUNCATE sign_in_attempts')
})

const SignIn = graphql(`mutation TrySignIn($input: SignInInput!) { signIn(input: $input) { viewer { username } } }`)
const ChangePassword = graphql(`
  mutation TryPassword($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }
`)

async function attempt(username: string, secret: string, address = '192.0.2.1', { app }: TestServer = server) {
  const response = await app.fetch(
    'http://localhost/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: SignIn.toString(), variables: { input: { username, password: secret } } }),
    },
    address,
  )
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string; retryAfter?: number } }[] }
  const { code = 'OK', retryAfter } = errors?.[0]?.extensions ?? {}
  if (retryAfter !== undefined)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, String(retryAfter)])
  return { code, retryAfter }
}
const codesOf = async (count: number, ...args: Parameters<typeof attempt>) => {
  const codes: string[] = []
  for (let i = 0; i < count; i++) codes.push((await attempt(...args)).code)
  return codes
}
const skipSeconds = (seconds: number) =>
  server.database.pool.query(
    `UPDATE sign_in_attempts SET blocked_until = blocked_until - interval '1 second' * $1, last_at = last_at - interval '1 second' * $1`,
    [seconds],
  )
const extendBlocks = () =>
  server.database.pool.query(
    "UPDATE sign_in_attempts SET blocked_until = now() + interval '1 hour' WHERE blocked_until > '-infinity'",
  )

test('doubles the wait with each failed sign-in after the fifth, and admits the owner afterwards', async () => {
  expect(await codesOf(5, 'ada', 'wrong')).toEqual(Array(5).fill('UNAUTHENTICATED'))
  for (const seconds of [1, 2, 4, 8]) {
    expect(await attempt('ADA', password)).toEqual({ code: 'RATE_LIMITED', retryAfter: seconds })
    await skipSeconds(seconds)
    expect(await attempt('ada', 'wrong')).toEqual({ code: 'UNAUTHENTICATED' })
  }
  await skipSeconds(16)
  expect(await attempt('ada', password)).toEqual({ code: 'OK' })
  expect(await codesOf(5, 'ada', 'wrong')).toEqual(Array(5).fill('UNAUTHENTICATED'))
})

test('limits the wait after failed sign-ins to a quarter of an hour', async () => {
  await codesOf(5, 'ada', 'wrong')
  await server.database.pool.query("UPDATE sign_in_attempts SET failures = 40 WHERE key LIKE 'both %'")
  await skipSeconds(10)
  await attempt('ada', 'wrong')
  expect(await attempt('ada', password)).toEqual({ code: 'RATE_LIMITED', retryAfter: 900 })
})

test('limits concurrent sign-in attempts, also in one document', async () => {
  const codes = await Promise.all(Array.from({ length: 20 }, () => attempt('ada', 'wrong')))
  expect(codes.filter(({ code }) => code === 'UNAUTHENTICATED')).toHaveLength(5)
  expect(codes.filter(({ code }) => code === 'RATE_LIMITED')).toHaveLength(15)

  await server.database.pool.query('TRUNCATE sign_in_attempts')
  const signIn = 'signIn(input: { username: "grace", password: "wrong" }) { token }'
  for (let document = 0; document < 2; document++)
    await server.anonymous.post({ query: `mutation { a: ${signIn} b: ${signIn} c: ${signIn} }` })
  const { rows } = await server.database.pool.query("SELECT failures FROM sign_in_attempts WHERE key LIKE 'both %'")
  // Execution of a document ends with its first failed mutation.
  expect(rows).toEqual([{ failures: 2 }])
})

test('keeps the wait after failed sign-ins across a restart', async () => {
  await codesOf(5, 'ada', 'wrong')
  const restartedServer = server.withSettings({})
  expect(await attempt('ada', password, '192.0.2.1', restartedServer)).toMatchObject({ code: 'RATE_LIMITED' })
  await restartedServer.app.dispose()
})

test('counts failed sign-ins per account and address', async () => {
  expect(await codesOf(6, 'ada', 'wrong')).toContain('RATE_LIMITED')
  expect(await attempt('grace', password)).toEqual({ code: 'OK' })
  expect(await attempt('ada', password, '192.0.2.2')).toEqual({ code: 'OK' })
})

test('limits sign-in attempts of an address that tries many accounts', async () => {
  const codes: string[] = []
  for (let account = 0; account < 51; account++) codes.push((await attempt(`user${account}`, 'wrong')).code)
  expect(codes).toEqual([...Array(50).fill('UNAUTHENTICATED'), 'RATE_LIMITED'])
  expect(await attempt('grace', password)).toMatchObject({ code: 'RATE_LIMITED' })
})

test('admits the owner of an account from a trusted address after failures of other accounts', async () => {
  expect(await attempt('ada', password)).toEqual({ code: 'OK' })
  for (let n = 0; n < 60; n++) await attempt(`other${n}`, 'wrong')
  await extendBlocks()
  for (const expected of ['OK', 'OK']) expect((await attempt('ada', password)).code).toBe(expected)
  expect((await attempt('grace', password)).code).toBe('RATE_LIMITED')
  expect((await attempt('ada', 'wrong')).code).toBe('UNAUTHENTICATED')
  // They do not count for the address.
  await attempt('ada', password)
  const { rows } = await server.database.pool.query(
    "SELECT failures FROM sign_in_attempts WHERE key = 'address 192.0.2.1'",
  )
  expect(rows).toEqual([{ failures: 50 }])
})

test('does not block an account at other addresses after failures from one address', async () => {
  expect(await codesOf(5, 'ada', 'wrong')).toEqual(Array(5).fill('UNAUTHENTICATED'))
  await extendBlocks()
  expect(await codesOf(125, 'ada', 'wrong')).toEqual(Array(125).fill('RATE_LIMITED'))
  expect(await attempt('ada', password, '198.51.100.1')).toEqual({ code: 'OK' })
})

test('neither counts nor stores rejected sign-in attempts', async () => {
  const readCounters = async () =>
    (await server.database.pool.query('SELECT key, failures FROM sign_in_attempts ORDER BY key')).rows
  await codesOf(5, 'ada', 'wrong')
  // Concurrently, so that the admitted attempt has not yet blocked the others.
  await server.database.pool.query("UPDATE sign_in_attempts SET failures = 70 WHERE key LIKE 'address %'")
  await Promise.all(Array.from({ length: 20 }, (_, account) => attempt(`user${account}`, 'wrong')))
  const before = await readCounters()
  expect(before).toContainEqual({ key: 'address 192.0.2.1', failures: 71 })
  expect(before.filter(({ key }) => key.startsWith('both user'))).toHaveLength(1)
  for (const account of ['grace', 'nosuchuser', 'no username!'])
    expect((await attempt(account, password)).code).toBe('RATE_LIMITED')
  expect(await readCounters()).toEqual(before)
  await server.database.pool.query("UPDATE sign_in_attempts SET failures = 120 WHERE key = 'account ada'")
  await attempt('ada', 'wrong', '192.0.2.2')
  const blockedCounters = await readCounters()
  expect((await attempt('ada', password, '192.0.2.3')).code).toBe('RATE_LIMITED')
  expect(await readCounters()).toEqual(blockedCounters)
})

test('limits sign-in attempts for an account from many addresses, except trusted ones', async () => {
  expect(await attempt('ada', password, '192.0.2.77')).toEqual({ code: 'OK' })
  const codes: string[] = []
  for (let address = 0; address < 101; address++)
    codes.push((await attempt('ada', 'wrong', `203.0.113.${address}`)).code)
  expect(codes).toEqual([...Array(100).fill('UNAUTHENTICATED'), 'RATE_LIMITED'])
  expect(await attempt('ada', password, '198.51.100.1')).toMatchObject({ code: 'RATE_LIMITED' })
  expect(await attempt('ada', password, '192.0.2.77')).toEqual({ code: 'OK' })
})

test('counts failed sign-ins of unknown accounts like those of existing ones, and malformed usernames together', async () => {
  for (const username of ['nosuchuser', 'no such name!'])
    expect(await codesOf(6, username, 'wrong')).toEqual([...Array(5).fill('UNAUTHENTICATED'), 'RATE_LIMITED'])
  const { rows } = await server.database.pool.query('SELECT count(*)::integer AS count FROM sign_in_attempts')
  await attempt('another name that is none!', 'wrong')
  expect((await server.database.pool.query('SELECT count(*)::integer AS count FROM sign_in_attempts')).rows).toEqual(
    rows,
  )
})

test('limits attempts to verify the current password', async () => {
  const input = { currentPassword: 'wrong', newPassword: 'another horse' }
  const codes: unknown[] = []
  for (let i = 0; i < 6; i++) codes.push((await ada.expectError(ChangePassword, { input })).extensions?.code)
  expect(codes).toEqual([...Array(5).fill('BAD_USER_INPUT'), 'RATE_LIMITED'])
})

test('resets the counters of failed sign-ins after a day', async () => {
  await codesOf(5, 'ada', 'wrong')
  await server.database.pool.query(
    "UPDATE sign_in_attempts SET last_at = now() - interval '25 hours', blocked_until = now()",
  )
  expect(await codesOf(5, 'ada', 'wrong')).toEqual(Array(5).fill('UNAUTHENTICATED'))
  await server.database.pool.query(
    "UPDATE sign_in_attempts SET last_at = now() - interval '25 hours', blocked_until = now()",
  )
  expect(await attempt('grace', password, '192.0.2.9')).toEqual({ code: 'OK' })
  const { rows } = await server.database.pool.query('SELECT key FROM sign_in_attempts ORDER BY key')
  expect(rows).toEqual([{ key: 'account grace' }, { key: 'address 192.0.2.9' }, { key: 'trusted grace 192.0.2.9' }])
})
