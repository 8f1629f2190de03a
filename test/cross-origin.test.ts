import { beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
})

const app = 'https://app.example.com'
const query = `/graphql?query=${encodeURIComponent('{ viewer { id } }')}`
/** Headers of Apollo Client, urql, Relay and tracers. */
const clientHeaders =
  'apollo-require-preflight,apollographql-client-name,authorization,cache-control,content-type,graphql-client-name,graphql-preflight,idempotency-key,traceparent,x-apollo-operation-name,x-requested-with'

const preflight = (client: Client, origin: string) =>
  client.fetch('/graphql', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': clientHeaders },
  })
const allowedOrigins = async (client: Client, origin: string) => {
  const responses = [await client.fetch(query, { headers: { origin } }), await preflight(client, origin)]
  const page = await client.fetch('/schema.graphql', { headers: { origin } })
  return [...responses, page].map(({ headers }) => headers.get('access-control-allow-origin'))
}

describe('cross-origin resource sharing', () => {
  test('allows no requests of other origins by default', async () => {
    for (const origin of [app, 'http://localhost:3000', 'null'])
      expect(await allowedOrigins(server.anonymous, origin), origin).toEqual([null, null, null])
  })

  test.each([
    ['one origin', app],
    ['two origins', `${app}, http://localhost:3000`],
  ])('allows only the origins in SNAGLIST_CORS_ORIGINS: %s', async (_description, SNAGLIST_CORS_ORIGINS) => {
    const { anonymous } = server.withSettings({ SNAGLIST_CORS_ORIGINS })
    for (const origin of SNAGLIST_CORS_ORIGINS.split(', '))
      expect(await allowedOrigins(anonymous, origin)).toEqual([origin, origin, origin])
    // The origin of a sandboxed page is "null": allowing it would allow any site.
    for (const origin of ['https://evil.example.com', `${app}.evil.example`, 'null'])
      expect(await allowedOrigins(anonymous, origin), origin).toEqual([null, null, null])
  })

  test('allows pages of this machine in development', async () => {
    const { anonymous } = server.withSettings({ NODE_ENV: 'development' })
    for (const origin of ['http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:3000', 'http://app.localhost'])
      expect(await allowedOrigins(anonymous, origin)).toEqual([origin, origin, origin])
    for (const origin of ['http://localhost.example.com', 'http://127.0.0.1.nip.io', 'http://evil.example', 'null'])
      expect(await allowedOrigins(anonymous, origin), origin).toEqual([null, null, null])
  })

  test('a preflight response allows the headers of clients for two hours, without cookies', async () => {
    const { anonymous } = server.withSettings({ SNAGLIST_CORS_ORIGINS: app })
    const { status, headers } = await preflight(anonymous, app)
    expect([status, Object.fromEntries(headers)]).toEqual([
      204,
      {
        'access-control-allow-headers': clientHeaders,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-origin': app,
        'access-control-max-age': '7200',
        vary: 'Origin, Access-Control-Request-Headers',
      },
    ])
  })

  test('responses vary by origin, also without one', async () => {
    const { anonymous } = server.withSettings({ SNAGLIST_CORS_ORIGINS: app })
    for (const [path, headers] of [
      [query, { origin: app }],
      [query, { origin: 'https://other.example' }],
      [query, {}],
      ['/schema.graphql', {}],
    ] as const)
      expect((await anonymous.fetch(path, { headers })).headers.get('vary'), path).toMatch(/\bOrigin\b/)
  })
})

describe('GET requests without a token', () => {
  test('run queries like POST requests, without caching', async () => {
    const response = await server.anonymous.fetch(query)
    expect([response.status, await response.json()]).toMatchObject([200, { data: { viewer: null } }])
    expect(response.headers.get('cache-control')).toBe('no-store')
    const posted = await server.anonymous.post({ query: '{ viewer { id } }' })
    expect([posted.status, posted.headers.get('cache-control')]).toEqual([200, 'no-store'])
  })
})

describe('requests that browsers send for pages of other origins', () => {
  const image = {
    accept: 'image/*',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'no-cors',
    'sec-fetch-dest': 'image',
  }
  const limited = () =>
    server.withSettings({ SNAGLIST_RATE_REQUESTS: '2', SNAGLIST_CORS_ORIGINS: app, NODE_ENV: 'production' })

  test.each([
    ['an image on a page of another site', query, image],
    ['an image on a page of the same site', query, { ...image, 'sec-fetch-site': 'same-site' }],
    ['an image that loads the landing page', '/', image],
    ['a script of another origin', query, { ...image, origin: 'https://evil.example', 'sec-fetch-dest': 'empty' }],
    ['a sandboxed frame', query, { ...image, origin: 'null', 'sec-fetch-dest': 'empty' }],
  ])('are rejected and do not count: %s', async (_description, path, headers) => {
    const { anonymous } = limited()
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await anonymous.fetch(path, { headers })
      expect([response.status, await response.json()]).toMatchObject([
        403,
        { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
      ])
    }
    const own = { 'sec-fetch-site': 'same-origin' }
    expect((await anonymous.fetch(query, { headers: own })).headers.get('ratelimit-remaining')).toBe('1')
  })

  // Browsers send the headers only to servers with HTTPS and on localhost.
  test('do not use up the allowance of sign-ins and other requests without these headers', async () => {
    // The time for parsing is in proportion to the limit.
    const { anonymous } = server.withSettings({ SNAGLIST_RATE_REQUESTS: '20' })
    for (let attempt = 0; attempt < 20; attempt++) await anonymous.fetch(query)
    expect((await anonymous.fetch(query)).status).toBe(429)
    expect((await anonymous.fetch('/')).status).toBe(429)
    expect((await anonymous.post({ query: '{ viewer { id } }' })).status).toBe(200)
    expect((await anonymous.fetch(query, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
  })

  test.each([
    ['an allowed origin', query, { ...image, accept: '*/*', origin: app, 'sec-fetch-dest': 'empty' }],
    ['a page of this server', query, { 'sec-fetch-site': 'same-origin' }],
    ['the address bar', query, { 'sec-fetch-site': 'none' }],
    ['a link on another page', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }],
    ['a client that is no browser', query, {}],
  ])('are accepted from %s', async (_description, path, headers) => {
    expect((await limited().anonymous.fetch(path, { headers })).status).toBe(200)
  })

  test('reach nothing by a token, which pages of other origins do not have', async () => {
    const { app: api } = server.withSettings({})
    const headers = { ...image, authorization: `Bearer ${ada.token}` }
    expect((await api.fetch(`http://localhost${query}`, { headers })).status).toBe(403)
  })
})
