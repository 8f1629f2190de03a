import { beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { type ApiResponse, Client } from './support/client.ts'
import { createOracle } from './support/oracle.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

beforeAll(async () => {
  users = await createTestUsers(server)
  await createIssue(users.contributor, 'CORE', 'An issue')
})

/** A page sends its origin. */
const fromPage = { origin: 'http://localhost' }

interface Request {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly who?: 'contributor' | 'viewer' | 'nobody' | 'unknown'
}

const clientOf = (who: Request['who'] = 'contributor') =>
  who === 'nobody' ? server.anonymous : who === 'unknown' ? new Client(server.app, 'snag_unknown') : users[who]

/** The parts of an answer that clients depend on; Yoga knows no request ids and no costs. */
const comparable = ({ status, headers, data, errors }: ApiResponse<unknown>) => ({
  status,
  type: headers.get('content-type'),
  data,
  errors: errors?.map(({ message, path, extensions: { requestId, originalError, ...extensions } = {} }) => ({
    message,
    path,
    extensions,
  })),
})

const answerTo = async ({ body, headers, who }: Request, more = {}) =>
  comparable(await clientOf(who).post(body, { ...headers, ...more }))

const create = 'mutation New($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }'
const creating = (input: object) => ({ query: create, variables: { input } })
const deep = (levels: number): string => (levels === 0 ? 'id' : `comments { nodes { ticket { ${deep(levels - 1)} } } }`)
const viewer = '{ viewer { username } }'
const two = 'query One { viewer { username } } query Two { viewer { name } }'
const search =
  'query Search($filter: TicketFilter, $first: Int = 1) { tickets(filter: $filter, first: $first) { nodes { key } } }'
const strict = { accept: 'application/graphql-response+json' }

const requests: Readonly<Record<string, Request>> = {
  'a query': { body: { query: viewer } },
  'a query with a fault in a nested field': {
    body: { query: '{ viewer { name } ticket(id: "CORE-1") { key comments(first: 1000) { totalCount } } }' },
  },
  'a query with a fault where nothing may be null': { body: { query: '{ tickets(first: 1000) { totalCount } }' } },
  'a query that takes a caller': { body: { query: '{ projects { totalCount } }' }, who: 'nobody' },
  'a query of variables': { body: { query: search, variables: { filter: { kind: 'ISSUE' }, first: 2 } } },
  'a variable with a default': { body: { query: search, variables: {} } },
  'one value for a list': { body: { query: search, variables: { filter: { id: { in: 'CORE-1' } } } } },
  'a number for an id': { body: { query: search, variables: { filter: { id: { in: [1] } } } } },
  'null for a variable with a default': { body: { query: search, variables: { first: null } } },
  'variables of the wrong type': { body: { query: search, variables: { first: 'many' } } },
  'variables of no such word': { body: { query: search, variables: { filter: { kind: 'WISH' } } } },
  'variables with an unknown field': { body: { query: search, variables: { filter: { colour: 'red' } } } },
  'variables with a field that objects know': {
    body: { query: search, variables: { filter: { valueOf: 5, constructor: 'x', toString: { a: 1 } } } },
  },
  'a missing variable': { body: { query: create } },
  'a variable too many': { body: { query: viewer, variables: { more: 1 } } },
  'variables that are null': { body: { query: viewer, variables: null, operationName: null, extensions: null } },
  'variables that are a list': { body: { query: viewer, variables: [] } },
  'a mutation that is BAD_USER_INPUT': { body: creating({ projectId: 'CORE', title: '' }) },
  'a mutation that is NOT_FOUND': { body: creating({ projectId: 'NONE', title: 'Any' }) },
  'a mutation that is FORBIDDEN': { body: creating({ projectId: 'CORE', title: 'Any' }), who: 'viewer' },
  'a mutation without a caller': { body: creating({ projectId: 'CORE', title: 'Any' }), who: 'nobody' },
  'two mutations, one at fault': {
    body: { query: 'mutation { a: signOut { signedOut } b: deleteLabel(input: { id: "no id" }) { deletedLabelId } }' },
    who: 'nobody',
  },
  'an unknown operation': { body: { query: two, operationName: 'Three' } },
  'several operations, one of them named': { body: { query: two, operationName: 'Two' } },
  'several operations, none of them named': { body: { query: two } },
  'an empty name': { body: { query: viewer, operationName: '' } },
  introspection: { body: { query: '{ __schema { queryType { name } } __typename }' } },
  'a document that is none': { body: { query: '{ viewer { ' } },
  'a document that is empty': { body: { query: '' } },
  'an invalid document': { body: { query: '{ viewer { size } nothing }' } },
  'an unknown parameter': { body: { query: viewer, colour: 'red' } },
  extensions: { body: { query: viewer, extensions: { persistedQuery: { version: 1 } } } },
  'no query': { body: {} },
  'a query that is a number': { body: { query: 1 } },
  'a body that is a list': { body: [{ query: viewer }] },
  'a body that is null': { body: 'null' },
  'a body that is a string': { body: '"words"' },
  'a body that is no JSON': { body: '{"query": ' },
  'a body that is empty': { body: '' },
  'a token that is unknown': { body: { query: viewer }, who: 'unknown' },
  'a header of authorization that is none': {
    body: { query: viewer },
    who: 'nobody',
    headers: { authorization: 'Basic YTpi' },
  },
  'no token': { body: { query: viewer }, who: 'nobody' },
  'answers of GraphQL wanted': { body: { query: viewer }, headers: strict },
  'answers of GraphQL wanted, and a fault': { body: { query: '{ nothing }' }, headers: strict },
  'answers of GraphQL wanted, and nothing found': {
    body: { query: '{ tickets(first: -1) { totalCount } }' },
    headers: strict,
  },
  'answers of GraphQL wanted, of a token that is unknown': { body: { query: viewer }, who: 'unknown', headers: strict },
  'JSON wanted': { body: { query: viewer }, headers: { accept: 'application/json' } },
  'JSON wanted first': { body: { query: viewer }, headers: { accept: 'application/json, */*;q=0.5' } },
  'GraphQL wanted first': { body: { query: viewer }, headers: { accept: `${strict.accept}, application/json;q=0.9` } },
  'JSON wanted second': { body: { query: viewer }, headers: { accept: `text/html, application/json` } },
  'extensions that are none': { body: { query: viewer, extensions: 'x' } },
  'JSON wanted with parameters': {
    body: { query: viewer },
    headers: { accept: 'application/json;version=1' },
  },
  'JSON wanted with an odd quality': { body: { query: viewer }, headers: { accept: 'application/json; q=abc' } },
  'a body of a charset': { body: { query: viewer }, headers: { 'content-type': 'application/json; charset=utf-8' } },
}

/** Requests that the endpoint refuses for limits and types that Yoga does not have. */
const refused: Readonly<Record<string, Request & { readonly status: number; readonly code: string }>> = {
  'variables that are nested too deep': {
    status: 400,
    code: 'QUERY_TOO_COMPLEX',
    body: `{"query":"${viewer}","variables":${'{"a":'.repeat(60)}1${'}'.repeat(60)}}`,
  },
  'variables of too many values': {
    status: 400,
    code: 'QUERY_TOO_COMPLEX',
    body: { query: search, variables: { filter: { or: Array.from({ length: 20_000 }, () => ({})) } } },
  },
  'a subscription': { status: 400, code: 'BAD_REQUEST', body: { query: 'subscription { viewer }' } },
  'a name that is a number': { status: 400, code: 'BAD_REQUEST', body: { query: viewer, operationName: 1 } },
  'a document that is too deep': {
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    body: { query: `{ ticket(id: "CORE-1") { ${deep(5)} } }` },
  },
  'a document that is too long': { status: 400, code: 'QUERY_TOO_COMPLEX', body: { query: viewer.padEnd(15_001) } },
  'almost JSON wanted': {
    status: 406,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { accept: 'application/jsonfoo' },
  },
  'something else wanted': {
    status: 406,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { accept: 'image/png' },
  },
  'a body of text': {
    status: 415,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { 'content-type': 'text/plain' },
  },
}

describe('the endpoint', () => {
  test.each(Object.entries(requests))('answers as Yoga does: %s', async (_name, asked) => {
    const client = Object.assign(Object.create(clientOf(asked.who)), { app: createOracle(server) }) as Client
    const expected = comparable(await client.post(asked.body, asked.headers))
    // A query is compiled when it comes the second time.
    for (const time of ['first', 'second', 'third']) expect(await answerTo(asked), time).toEqual(expected)
    expect(await answerTo(asked, fromPage)).toEqual(expected)
  })

  test.each(Object.entries(refused))('refuses %s', async (_name, { status, code, ...asked }) => {
    const response = await answerTo(asked)
    expect(response).toEqual({
      status,
      type: 'application/json; charset=utf-8',
      data: undefined,
      errors: [{ message: expect.any(String), path: undefined, extensions: expect.objectContaining({ code }) }],
    })
    expect(await answerTo(asked, fromPage)).toEqual(response)
  })

  test('answers with the id that a request was given', async () => {
    for (const headers of [{}, fromPage])
      for (const body of [
        { query: viewer },
        { query: '{ tickets(first: -1) { totalCount } }' },
        { query: '{ nothing }' },
      ]) {
        const response = await users.viewer.post(body, { ...headers, 'x-request-id': 'given-1' })
        expect(response.headers.get('x-request-id')).toBe('given-1')
      }
  })

  test('masks an unexpected error and logs it', async () => {
    const { pool } = server.database
    const body = { query: '{ viewer { name } project(id: "CORE") { key labels { name } } }' }
    await pool.query('ALTER TABLE labels RENAME TO lost')
    const responses = []
    for (const headers of [fromPage, {}, {}, {}]) responses.push(await users.viewer.post(body, headers))
    await pool.query('ALTER TABLE lost RENAME TO labels')
    for (const { status, headers, data, errors } of responses) {
      const requestId = headers.get('x-request-id')
      expect({ status, data }).toEqual({ status: 200, data: { viewer: { name: 'viewer' }, project: null } })
      expect(errors).toMatchObject([
        {
          message: 'Internal server error. The server log contains details under the request id.',
          path: ['project'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
        },
      ])
      const lines = server.lines.map((line) => JSON.parse(line)).filter((line) => line.requestId === requestId)
      expect(lines.map(({ msg }) => msg)).toEqual(['unexpected error', 'request'])
      expect(lines[0].err.message).toContain('42P01')
    }
  })

  test('runs a mutation once, with an error in its payload too', async () => {
    const count = async () =>
      (await users.viewer.post<{ tickets: { totalCount: number } }>({ query: '{ tickets { totalCount } }' })).data
        ?.tickets.totalCount ?? 0
    const before = await count()
    const title = { projectId: 'CORE', title: 'Once' }
    const query = `mutation New($input: CreateIssueInput!) { createIssue(input: $input) { issue { id comments(first: 999) { totalCount } } } }`
    for (const headers of [{}, fromPage]) {
      const { errors } = await users.contributor.post({ query, variables: { input: title } }, headers)
      expect(errors?.map(({ path }) => path)).toEqual([['createIssue', 'issue', 'comments']])
    }
    expect(await count()).toBe(before + 2)
  })

  test.each([
    [
      'of a query',
      { query: `query Named ${viewer}` },
      'contributor',
      { operation: 'Named', cost: 1, user: 'contributor', status: 200 },
    ],
    [
      'of an error',
      { query: 'query Bad { tickets(first: -1) { totalCount } }' },
      'viewer',
      { operation: 'Bad', cost: 201, user: 'viewer', status: 200, codes: ['BAD_USER_INPUT'] },
    ],
    ['of no name', { query: viewer }, 'nobody', { cost: 1, status: 200 }],
    [
      'of one of many',
      { query: two, operationName: 'Two' },
      'viewer',
      { operation: 'Two', cost: 1, user: 'viewer', status: 200 },
    ],
    ['of a token that is unknown', { query: viewer }, 'unknown', { status: 401, codes: ['UNAUTHENTICATED'] }],
  ] as const)('logs a line per request: %s', async (_name, body, who, expected) => {
    for (const headers of [{}, fromPage]) {
      const requestId = crypto.randomUUID()
      await clientOf(who).post(body, { ...headers, 'x-request-id': requestId })
      const lines = server.lines.map((line) => JSON.parse(line)).filter((line) => line.requestId === requestId)
      expect(lines).toEqual([
        {
          level: 30,
          msg: 'request',
          requestId,
          method: 'POST',
          path: '/graphql',
          duration: expect.any(Number),
          time: expect.anything(),
          pid: expect.anything(),
          hostname: expect.anything(),
          ...expected,
        },
      ])
    }
  })
})
