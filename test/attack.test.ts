import { getIntrospectionQuery } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, useServer } from './support/app.ts'
import { createIssue, createProject, signUp, type TestUser } from './support/people.ts'

// The checks of graphql-cop, as an anonymous client of a production server.
const server = useServer()
let production: TestServer
let ada: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
  await createIssue(ada, 'CORE', 'An issue')
  production = server.withSettings({ NODE_ENV: 'production' })
})

const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join(' ')
const ask = (query: string) => production.anonymous.post({ query })

describe('denial of service', () => {
  test.each([
    ['too many aliases', `{ ${times(101, (i) => `alias${i}: __typename`)} }`],
    ['a repeated field', `query cop { ${times(500, () => '__typename')} }`],
    ['too many directives', `query cop { __typename ${times(10, () => '@aa')} }`],
    [
      'circular introspection',
      'query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }',
    ],
    ['circular fragments', 'query cop { ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ])('rejects a document with %s', async (_description, query) => {
    const { data, errors } = await ask(query)
    expect(data).toBeUndefined()
    expect(errors).toHaveLength(1)
  })

  test('rejects a batch of queries', async () => {
    const { status, data } = await production.anonymous.post(Array(11).fill({ query: 'query cop { __typename }' }))
    expect(status).toBe(400)
    expect(data).toBeUndefined()
  })
})

describe('information disclosure', () => {
  test('allows introspection in production only to signed-in users', async () => {
    for (const query of [
      getIntrospectionQuery(),
      '{ __type(name: "User") { name } }',
      '{ a: __schema { types { name } } }',
    ]) {
      const { data, errors } = await ask(query)
      expect(data ?? null).toBeNull()
      expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    }
    expect((await ask('{ __typename }')).data).toEqual({ __typename: 'Query' })
    const member = Object.assign(Object.create(ada), { app: production.app }) as TestUser
    expect((await member.post({ query: getIntrospectionQuery() })).data).toHaveProperty('__schema')
    expect((await member.fetch('/schema.graphql')).status).toBe(200)
    expect((await production.anonymous.fetch('/schema.graphql')).status).toBe(401)
  })

  test('omits suggestions of names from errors in production', async () => {
    const variables = { input: { projectId: 'CORE', title: 'x', priority: 'HIG', titel: 'x' } }
    for (const body of [
      { query: 'query cop { __schema { directive } }' },
      { query: '{ ticket(id: "CORE-1") { titel } }' },
      { query: '{ viewer }' },
      { query: '{ tickets(filtr: {}) { totalCount } }' },
      { query: '{ tickets(filter: { priority: { eq: HIG } }) { totalCount } }' },
      { query: '{ node(id: "x") { ... on Isue { id } } }' },
      { query: 'mutation ($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }', variables },
    ])
      for (const headers of [{}, { origin: 'http://localhost' }]) {
        const response = await production.anonymous.post(body, headers)
        expect(response.errors?.length).toBeGreaterThan(0)
        expect(JSON.stringify(response.errors)).not.toMatch(/did you mean/i)
      }
    const open = await server.anonymous.post({ query: '{ ticket(id: "CORE-1") { titel } }' })
    expect(open.errors?.[0]?.message).toMatch(/did you mean/i)
  })

  test('serves GraphiQL in production only to signed-in users', async () => {
    const page = (token?: string) =>
      production.app.fetch('http://localhost/graphql', {
        headers: { accept: 'text/html', ...(token && { authorization: `Bearer ${token}` }) },
      })
    for (const response of [await page(), await page('snag_wrong')]) {
      expect(response.status).toBe(401)
      expect(await response.text()).not.toMatch(/graphiql|playground|altair|voyager/i)
    }
    const graphiql = await page(ada.token ?? '')
    expect([graphiql.status, (await graphiql.text()).includes('Snaglist GraphiQL')]).toEqual([200, true])
  })

  test('omits stack traces, file paths and tracing from errors', async () => {
    for (const body of [
      '{',
      '{"query":',
      '{"query":{}}',
      '{"query":"{ cop( }"}',
      '{"query":"query cop { __typename","variables":[]}',
    ]) {
      const response = JSON.stringify(await production.anonymous.post(body))
      expect(response).not.toMatch(/node_modules|\.ts\b|\.js\b|stack|exception/i)
    }
    const { extensions } = await ask('{ __typename }')
    expect(Object.keys(extensions ?? {})).toEqual(['cost'])
  })
})

describe('cross-site request forgery', () => {
  const change = 'mutation cop { createProject(input: { key: "COP", name: "Cop" }) { project { id } } }'
  test('rejects a GET request without a token', async () => {
    for (const query of ['query cop { __typename }', change]) {
      const response = await production.anonymous.fetch(`/graphql?query=${encodeURIComponent(query)}`)
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(await response.json()).not.toHaveProperty('data')
    }
  })

  test('rejects an HTML form', async () => {
    for (const query of ['query cop { __typename }', change]) {
      const body = new URLSearchParams({ query })
      const response = await production.anonymous.fetch('/graphql', { method: 'POST', body })
      expect(response.status).toBe(415)
      expect(await response.json()).not.toHaveProperty('data')
    }
  })
})
