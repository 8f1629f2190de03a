import { getIntrospectionQuery } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, useServer } from './support/app.ts'
import { createIssue, createProject, password, signUp, type TestUser } from './support/people.ts'

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
    ['nested brackets', `{ a(b: ${'['.repeat(1990)}`],
    ['nested selections', '{a'.repeat(900)],
    ['brackets in brackets of all kinds', '{a(b:{c:['.repeat(300)],
    ['circular fragments', 'query cop { ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ])('rejects a document with %s', async (_description, query) => {
    const { data, errors } = await ask(query)
    expect(data).toBeUndefined()
    expect(errors).toHaveLength(1)
  })

  test('rejects a batch of queries', async () => {
    const response = await production.anonymous.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Array(11).fill({ query: 'query cop { __typename }' })),
    })
    expect(await response.text()).not.toContain('"data"')
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
    for (const path of ['/schema.graphql', '/possible-types.json']) {
      expect((await member.fetch(path)).status).toBe(200)
      expect((await production.anonymous.fetch(path)).status).toBe(401)
    }
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

  const nameOfSchema =
    /\b(Ticket|Issue|Defect|Project|User|Query|Mutation|Payload|Input|Filter|ID|String|title|projectId|username)\b/

  test.each([
    '{ ticket(id: "CORE-1") { titel } }',
    '{ unknown { id } }',
    '{ tickets(first: "x") { nodes { id } } }',
    'query ($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }',
    'mutation { createIssue(input: { titel: "x" }) { issue { id } } }',
    'mutation { unknown }',
    'subscription { unknown }',
    '{ ...F } fragment F on Query { tickets { nodes { id } } }',
    'query A { __typename } query B { tickets { nodes { id } } }',
    '{ ... { ... { users { nodes { id } } } } }',
    '{ viewer { projects { nodes { id } } } }',
    '{ viewer { unknown { unknown { id } } } }',
    'mutation { signIn(input: { username: "x", password: "y" }) { viewer { createdIssues { totalCount } } } }',
    'mutation { signIn(input: { username: "x", password: "y" }) { token } createIssue { issue { id } } }',
    'mutation { createPasswordReset(input: { userId: "x" }) { secret } }',
    '{ ...F } fragment F on Query { ...F }',
  ])('requires a token for a document with other fields than those of the sign-in: %s', async (query) => {
    const { data, errors } = await production.anonymous.post({ query })
    expect(data).toBeUndefined()
    expect(errors?.map(({ message, extensions }) => [message, extensions?.code])).toEqual(
      query.includes('fragment F on Query { ...F }')
        ? [
            [
              expect.stringMatching(/^The document is invalid\. This server describes errors only/),
              'GRAPHQL_VALIDATION_FAILED',
            ],
          ]
        : [[expect.stringMatching(/^Authentication required/), 'UNAUTHENTICATED']],
    )
  })

  test.each([
    '{ viewer { unknown } }',
    '{ viewer }',
    '{ viewer { ... on Isue { id } } }',
    '{ viewer { id(x: 1) } }',
    'mutation { signIn(input: { unknown: "x" }) { token } }',
    'mutation { signIn { token } }',
    'mutation ($input: SignUpInput!) { signIn(input: $input) { token } }',
    'mutation ($input: CreateIssueInput) { signIn(input: { username: "x", password: "y" }) { token } }',
    'mutation { signIn(input: { username: HIG, password: "y" }) { viewer { nam } } }',
  ])('does not describe the errors of a document without a token in production: %s', async (query) => {
    const { data, errors, status } = await production.anonymous.post({ query })
    expect({ data, status, codes: errors?.map(({ extensions }) => extensions?.code) }).toEqual({
      status: 200,
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    })
    expect(JSON.stringify(errors)).not.toMatch(nameOfSchema)
    const described = await ada.post({ query })
    expect(JSON.stringify(described.errors)).not.toContain('describes errors only')
  })

  test('does not describe the errors of variables without a token in production', async () => {
    const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { token } }'
    for (const variables of [
      {},
      { input: null },
      { input: { unknown: 'x' } },
      { input: { username: 1, password: [] } },
    ]) {
      const { data, errors } = await production.anonymous.post({ query, variables })
      expect(data).toBeUndefined()
      expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT'])
      expect(JSON.stringify(errors)).not.toMatch(nameOfSchema)
    }
  })

  test('lets clients without a token sign in and up in production, with fragments and typenames', async () => {
    const { data, errors } = await production.anonymous.post({
      query: `mutation SignIn($input: SignInInput!) {
        __typename
        signIn(input: $input) { __typename token expiresAt ...Session }
      }
      fragment Session on SignInPayload { viewer { ...Account } }
      fragment Account on User { __typename id username name role email }`,
      variables: { input: { username: 'ada', password } },
    })
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({ signIn: { viewer: { username: 'ada' } } })
    expect((await ask('{ __typename viewer { id username } }')).data).toEqual({ __typename: 'Query', viewer: null })
  })

  test('serves the same GraphiQL to all clients, without data and without the schema', async () => {
    const page = async (token?: string) => {
      const headers = { accept: 'text/html', ...(token && { authorization: `Bearer ${token}` }) }
      return (await production.app.fetch('http://localhost/graphql', { headers })).text()
    }
    const anonymous = await page()
    expect([await page('snag_wrong'), await page(ada.token ?? '')]).toEqual([anonymous, anonymous])
    expect(anonymous).not.toMatch(/__schema|type Query|SDL|"kind"/)
    expect((await production.anonymous.fetch('/schema.graphql')).status).toBe(401)
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
  test('a GET request cannot change anything', async () => {
    const response = await production.anonymous.fetch(`/graphql?query=${encodeURIComponent(change)}`)
    expect(await response.json()).toEqual({ errors: [expect.anything()] })
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
