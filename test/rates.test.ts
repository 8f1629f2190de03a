import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { type TestServer, useServer } from './support/app.ts'
import type { ResponseError } from './support/client.ts'
import { createProject, password, signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser
let grace: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
  grace = await signUp(server, 'grace')
  await createProject(ada, 'CORE')
})

let limitedServer: TestServer
const configureLimits = (env: Readonly<Record<string, string>>) => {
  limitedServer = server.withSettings(env)
  return limitedServer
}
beforeEach(async () => {
  await server.database.pool.query('TRUNCATE rates')
})
afterEach(() => limitedServer.app.dispose())

const viewer = '{ viewer { username } }'
/** A page sends its origin. */
const clientKinds = [
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
] as const

const ask = (query: string, { token }: { token: string | null }, headers = {}, address = '192.0.2.1', variables = {}) =>
  limitedServer.app.fetch(
    'http://localhost/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
      body: JSON.stringify({ query, variables }),
    },
    address,
  )
const rateHeadersOf = ({ headers }: Response) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)))

/** Expects HTTP 429 with Retry-After and no data. */
async function expectLimited(response: Response, limit: number, reason: unknown = expect.any(String)) {
  expect(response.status).toBe(429)
  const { errors, data } = (await response.json()) as {
    errors: { message: string; extensions: object }[]
    data?: unknown
  }
  const retryAfter = Number(response.headers.get('retry-after'))
  expect(retryAfter).toBeGreaterThan(0)
  expect(retryAfter).toBeLessThanOrEqual(60)
  expect(errors).toEqual([{ message: expect.any(String), extensions: { code: 'RATE_LIMITED', retryAfter } }])
  expect(errors[0]?.message.replace(/ Try again in \d+ seconds\.$/, '')).toEqual(reason)
  expect(data).toBeUndefined()
  expect(rateHeadersOf(response).slice(0, 2)).toEqual([limit, 0])
}

const stores = ['memory', 'database'] as const
describe.each(stores)('rate limits counted in %s', (SNAGLIST_RATE_STORE) => {
  test.each(clientKinds)('limits the points per user and minute, %s', async (_client, headers) => {
    configureLimits({ SNAGLIST_RATE_POINTS: '50', SNAGLIST_RATE_STORE })
    const viewers = (count: number) =>
      `{ ${Array.from({ length: count }, (_, n) => `v${n}: viewer { id }`).join(' ')} }`
    expect(rateHeadersOf(await ask(viewers(20), ada, headers))).toEqual([50, 30, expect.any(Number)])
    expect(rateHeadersOf(await ask(viewer, ada, headers)).slice(0, 2)).toEqual([50, 29])
    await expectLimited(
      await ask('{ tickets(first: 30) { nodes { id } } }', ada, headers),
      50,
      'A cost of 31 exceeds your remaining 29 points (limit: 50 per minute). Most expensive: `tickets.nodes` (30), `tickets` (1). Lower the `first` or `last` of `tickets` to 28, or select less. `explainCost` lists all costs.',
    )
    // A rejected cost is not spent, nor are objects that do not exist.
    expect(rateHeadersOf(await ask('{ tickets(first: 28) { nodes { id } } }', ada, headers)).slice(0, 2)).toEqual([
      50, 28,
    ])
    expect(rateHeadersOf(await ask(viewers(28), ada, headers)).slice(0, 2)).toEqual([50, 0])
    await expectLimited(await ask(viewer, ada, headers), 50)
    expect((await ask(viewer, grace, headers)).status).toBe(200)
  })

  test.each(clientKinds)(
    'limits the requests of clients without a token per address, and of others per user, %s',
    async (_client, headers) => {
      configureLimits({ SNAGLIST_RATE_REQUESTS: '2', SNAGLIST_RATE_STORE })
      for (const client of [server.anonymous, ada, grace]) {
        const { token } = client
        for (const left of [1, 0])
          expect(rateHeadersOf(await ask('{ __typename }', client, headers)).slice(0, 2)).toEqual([2, left])
        const noun = token === null ? 'address' : 'user'
        await expectLimited(
          await ask(viewer, client, headers),
          2,
          `The rate limit of 2 requests per ${noun} and minute was exceeded.`,
        )
      }
      await expectLimited(await ask(viewer, ada, headers, '192.0.2.2'), 2)
      expect((await ask(viewer, server.anonymous, headers, '192.0.2.2')).status).toBe(200)
    },
  )

  test('limits unknown tokens per address, apart from valid ones and requests without a token', async () => {
    const { token } = await signUp(server, `rates-${SNAGLIST_RATE_STORE}`)
    const newUser = { token }
    configureLimits({ SNAGLIST_RATE_REQUESTS: '3', SNAGLIST_RATE_STORE })
    expect((await ask(viewer, newUser)).status).toBe(200)
    for (const attempt of [1, 2, 3]) expect((await ask(viewer, { token: `snag_unknown${attempt}` })).status).toBe(401)
    await expectLimited(await ask(viewer, { token: 'snag_unknown4' }), 3)
    expect((await ask(viewer, newUser)).status).toBe(200)
    expect((await ask(viewer, server.anonymous)).status).toBe(200)
  })
})

const signIn = `mutation SignIn($input: SignInInput!) { signIn(input: $input) { token expiresAt viewer { username } } }`
const fromBrowser = { headers: { 'sec-fetch-site': 'none' } }
const credentials = { input: { username: 'ada', password } }

test('accepts sign-ins from an address whose requests are used up, but no other request', async () => {
  configureLimits({ SNAGLIST_RATE_REQUESTS: '2' })
  for (let request = 0; request < 2; request++) await ask('{ __typename }', server.anonymous)
  for (const query of [
    '{ __typename }',
    '{ viewer { id } }',
    signIn.padEnd(1001),
    `${signIn} query Other { __typename }`,
  ])
    await expectLimited(await ask(query, server.anonymous), 2)
  await expectLimited(await limitedServer.app.fetch('http://localhost/', fromBrowser, '192.0.2.1'), 2)
  for (let count = 0; count < 2; count++) {
    const response = await ask(signIn, server.anonymous, {}, '192.0.2.1', credentials)
    const { data } = (await response.json()) as { data: { signIn: { token: string } } }
    expect((await ask(viewer, data.signIn)).status).toBe(200)
  }
  // Sign-ins have a limit of their own.
  await expectLimited(await ask(signIn, server.anonymous, {}, '192.0.2.1', credentials), 2)
})

test('accepts a password reset from an address whose requests are used up', async () => {
  configureLimits({ SNAGLIST_RATE_REQUESTS: '1' })
  const reset = 'mutation { resetPassword(input: { secret: "x", newPassword: "long enough" }) { token } }'
  for (const [query, code] of [
    ['{ __typename }', undefined],
    ['{ __typename }', 'RATE_LIMITED'],
    [reset, 'BAD_USER_INPUT'],
    [reset, 'RATE_LIMITED'],
  ] as const) {
    const { errors } = (await (await ask(query, server.anonymous)).json()) as { errors?: ResponseError[] }
    expect(errors?.[0]?.extensions?.code).toBe(code)
  }
})

test('accepts the token of a new session from an address that has sent too many unknown ones', async () => {
  configureLimits({ SNAGLIST_RATE_REQUESTS: '2' })
  for (let attempt = 0; attempt < 3; attempt++) await ask(viewer, { token: `snag_unknown${attempt}` })
  await expectLimited(await ask(viewer, { token: 'snag_unknown' }), 2)
  const response = await ask(signIn, server.anonymous, {}, '192.0.2.1', credentials)
  const { data } = (await response.json()) as { data: { signIn: { token: string } } }
  expect((await ask(viewer, data.signIn)).status).toBe(200)
})

test('limits revoked tokens like unknown ones', async () => {
  configureLimits({ SNAGLIST_RATE_REQUESTS: '3' })
  const response = await ask(signIn, server.anonymous, {}, '192.0.2.1', credentials)
  const { data } = (await response.json()) as { data: { signIn: { token: string } } }
  expect((await ask('mutation { signOut { signedOut } }', data.signIn)).status).toBe(200)
  const statuses: number[] = []
  for (let count = 0; count < 5; count++) statuses.push((await ask(viewer, data.signIn)).status)
  expect(statuses).toEqual([401, 401, 401, 401, 429])
})

test('limits sign-ups per address and minute, and no other request by them', async () => {
  configureLimits({ SNAGLIST_RATE_POINTS: '2100', SNAGLIST_SIGN_UP: 'open', SNAGLIST_BCRYPT_COST: '4' })
  const query = 'mutation ($input: SignUpInput!) { signUp(input: $input) { token } }'
  const signUpAs = (username: string, address?: string) =>
    ask(query, server.anonymous, {}, address, { input: { username, name: username, password } })
  for (const username of ['new-1', 'new-2']) expect((await signUpAs(username)).status).toBe(200)
  expect((await signUpAs('new-3')).status).toBe(429)
  expect((await signUpAs('new-3', '192.0.2.2')).status).toBe(200)
  expect((await ask(signIn, server.anonymous, {}, '192.0.2.1', credentials)).status).toBe(200)
  expect((await ask(viewer, server.anonymous)).status).toBe(200)
})

test('charges the time for reading documents, and accepts known documents and sign-ins without it', async () => {
  configureLimits({ SNAGLIST_RATE_REQUESTS: '100' })
  const large = (index: number) =>
    `{ a${index}: __typename ${Array.from({ length: 95 }, () => '... { projects(first: 1) { nodes { id key name } } }').join(' ')} }`
  const askUntilLimited = async (client: { token: string | null }) => {
    for (let count = 0; ; count++) {
      const response = await ask(large(count), client)
      if (response.status !== 429) continue
      const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] }
      expect(errors[0]?.extensions.code).toBe('RATE_LIMITED')
      return errors[0]?.message ?? ''
    }
  }
  expect(await askUntilLimited(server.anonymous)).toMatch(/per address and minute\. Send fewer or shorter documents/)
  expect((await ask(signIn, server.anonymous, {}, '192.0.2.1', credentials)).status).toBe(200)
  expect((await ask(large(0), server.anonymous, {}, '192.0.2.2')).status).toBe(200)
  for (let count = 0; count < 2; count++) await ask(viewer, ada)
  expect(await askUntilLimited(ada)).toMatch(/per user and minute\. Send fewer or shorter documents/)
  expect((await ask(viewer, ada)).status).toBe(200)
})

test('counts requests to every path except health checks for the rate limit', async () => {
  configureLimits({ SNAGLIST_RATE_REQUESTS: '4' })
  const get = (path: string) => limitedServer.app.fetch(`http://localhost${path}`)
  for (const path of ['/', '/schema.graphql', '/graphql?query={__typename}', '/nothing'])
    expect((await get(path)).status, path).not.toBe(429)
  for (const path of ['/', '/export/tickets.csv', '/graphql?query={__typename}'])
    await expectLimited(await get(path), 4)
  for (const path of ['/health', '/ready']) expect((await get(path)).status, path).toBe(200)
})

test('counts an export as one point per 40 tickets in its scope', async () => {
  await server.database.pool.query(`UPDATE projects SET last_number = 200000 WHERE key = 'CORE'`)
  configureLimits({ SNAGLIST_RATE_POINTS: '9999' })
  const get = () =>
    limitedServer.app.fetch('http://localhost/export/tickets.csv', {
      headers: { authorization: `Bearer ${ada.token}` },
    })
  expect((await get()).status).toBe(200)
  await expectLimited(await get(), 9999)
})

test('exposes rate limit headers to pages of allowed origins', async () => {
  const origin = 'https://app.example'
  configureLimits({ SNAGLIST_RATE_REQUESTS: '1', SNAGLIST_CORS_ORIGINS: origin })
  await ask(viewer, ada, { origin })
  const response = await ask(viewer, ada, { origin })
  await expectLimited(response, 1)
  expect(response.headers.get('access-control-allow-origin')).toBe(origin)
  expect(response.headers.get('access-control-expose-headers')).toContain('ratelimit-remaining')
})

describe('client address', () => {
  /** Sends a request per X-Forwarded-For header, and returns the remaining numbers of requests. */
  async function remainingAfter(forwarded: readonly string[]) {
    const http = createServer(limitedServer.app.handle).listen(0, '127.0.0.1')
    await new Promise((resolve) => http.once('listening', resolve))
    const { port } = http.address() as AddressInfo
    const remaining: number[] = []
    for (const header of forwarded) {
      const response = await fetch(`http://127.0.0.1:${port}/health`).then(() =>
        fetch(`http://127.0.0.1:${port}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': header },
          body: JSON.stringify({ query: '{ __typename }' }),
        }),
      )
      remaining.push(Number(response.headers.get('ratelimit-remaining')))
    }
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
    return remaining
  }

  test('ignores X-Forwarded-For of untrusted hosts for the rate limit', async () => {
    configureLimits({ SNAGLIST_RATE_REQUESTS: '10' })
    expect(await remainingAfter(['192.0.2.1', '192.0.2.2', '127.0.0.1', 'words'])).toEqual([9, 8, 7, 6])
  })

  test('counts requests by the last address before the trusted proxies', async () => {
    configureLimits({ SNAGLIST_RATE_REQUESTS: '10', SNAGLIST_TRUSTED_PROXIES: 'loopback, 10.0.0.0/8' })
    expect(
      await remainingAfter([
        '192.0.2.1',
        '192.0.2.2',
        '192.0.2.9, 192.0.2.2',
        '192.0.2.2, 10.1.2.3',
        'spoofed, 192.0.2.1',
      ]),
    ).toEqual([9, 9, 8, 7, 8])
  })

  test('counts requests by the first 64 bits of an IPv6 address', async () => {
    configureLimits({ SNAGLIST_RATE_REQUESTS: '10', SNAGLIST_TRUSTED_PROXIES: 'loopback' })
    expect(
      await remainingAfter([
        '2001:db8:1:2::1',
        '2001:db8:1:2:ffff::9',
        '2001:db8:1:3::1',
        '::ffff:192.0.2.1',
        '192.0.2.1',
      ]),
    ).toEqual([9, 8, 9, 9, 8])
  })
})

test.skipIf(inject('postgres') === null)('counts points of several servers together in the database', async () => {
  const env = { SNAGLIST_RATE_POINTS: '3', SNAGLIST_RATE_STORE: 'database' }
  const other = configureLimits(env)
  configureLimits(env)
  expect((await ask(viewer, ada)).headers.get('ratelimit-remaining')).toBe('2')
  const first = limitedServer
  limitedServer = other
  expect((await ask(viewer, ada)).headers.get('ratelimit-remaining')).toBe('1')
  await other.app.dispose()
  limitedServer = first
})
