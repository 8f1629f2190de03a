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

/** Browsers send the origin of a page. */
const fromPage = { origin: 'http://localhost' }

interface Request {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly client?: 'contributor' | 'viewer' | 'anonymous' | 'unknown'
}

const clientOf = (name: Request['client'] = 'contributor') =>
  name === 'anonymous' ? server.anonymous : name === 'unknown' ? new Client(server.app, 'snag_unknown') : users[name]

/** The parts of a response on which clients depend, except request ids and costs, which Yoga lacks. */
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

const responseTo = async ({ body, headers, client }: Request, additionalHeaders = {}) =>
  comparable(await clientOf(client).post(body, { ...headers, ...additionalHeaders }))

const create = 'mutation New($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }'
const createBody = (input: object) => ({ query: create, variables: { input } })
const nestedSelection = (levels: number): string =>
  levels === 0 ? 'id' : `comments { nodes { ticket { ${nestedSelection(levels - 1)} } } }`
const viewer = '{ viewer { username } }'
const twoOperations = 'query One { viewer { username } } query Two { viewer { name } }'
const search =
  'query Search($filter: TicketFilter, $first: Int = 1) { tickets(filter: $filter, first: $first) { nodes { key } } }'
const strictAccept = { accept: 'application/graphql-response+json' }

const requests: Readonly<Record<string, Request>> = {
  'a query': { body: { query: viewer } },
  'a query with an error in a nested field': {
    body: { query: '{ viewer { name } ticket(id: "CORE-1") { key comments(first: 1000) { totalCount } } }' },
  },
  'a query with an error in a non-null field': { body: { query: '{ tickets(first: 1000) { totalCount } }' } },
  'a query that requires authentication': { body: { query: '{ projects { totalCount } }' }, client: 'anonymous' },
  'a query with variables': { body: { query: search, variables: { filter: { kind: 'ISSUE' }, first: 2 } } },
  'a variable with a default': { body: { query: search, variables: {} } },
  'a single value for a list': { body: { query: search, variables: { filter: { id: { in: 'CORE-1' } } } } },
  'a number for an id': { body: { query: search, variables: { filter: { id: { in: [1] } } } } },
  'null for a variable with a default': { body: { query: search, variables: { first: null } } },
  'variables of the wrong type': { body: { query: search, variables: { first: 'many' } } },
  'variables with an unknown enum value': { body: { query: search, variables: { filter: { kind: 'WISH' } } } },
  'variables with an unknown field': { body: { query: search, variables: { filter: { colour: 'red' } } } },
  'variables with fields of Object.prototype': {
    body: { query: search, variables: { filter: { valueOf: 5, constructor: 'x', toString: { a: 1 } } } },
  },
  'a missing variable': { body: { query: create } },
  'an undeclared variable': { body: { query: viewer, variables: { more: 1 } } },
  'parameters that are null': { body: { query: viewer, variables: null, operationName: null, extensions: null } },
  'variables that are a list': { body: { query: viewer, variables: [] } },
  'a mutation with BAD_USER_INPUT': { body: createBody({ projectId: 'CORE', title: '' }) },
  'a mutation with NOT_FOUND': { body: createBody({ projectId: 'NONE', title: 'Any' }) },
  'a mutation with FORBIDDEN': { body: createBody({ projectId: 'CORE', title: 'Any' }), client: 'viewer' },
  'a mutation of an anonymous client': { body: createBody({ projectId: 'CORE', title: 'Any' }), client: 'anonymous' },
  'two mutations, one invalid': {
    body: { query: 'mutation { a: signOut { signedOut } b: deleteLabel(input: { id: "no id" }) { deletedLabelId } }' },
    client: 'anonymous',
  },
  'an unknown operation': { body: { query: twoOperations, operationName: 'Three' } },
  'several operations with operationName': { body: { query: twoOperations, operationName: 'Two' } },
  'several operations without operationName': { body: { query: twoOperations } },
  'an empty operationName': { body: { query: viewer, operationName: '' } },
  introspection: { body: { query: '{ __schema { queryType { name } } __typename }' } },
  'a document with a syntax error': { body: { query: '{ viewer { ' } },
  'an empty document': { body: { query: '' } },
  'an invalid document': { body: { query: '{ viewer { size } nothing }' } },
  extensions: { body: { query: viewer, extensions: { tracing: { version: 1 } } } },
  'a query that is a number': { body: { query: 1 } },
  'a body that is null': { body: 'null' },
  'a body that is a string': { body: '"words"' },
  'a body that is not JSON': { body: '{"query": ' },
  'an empty body': { body: '' },
  'an unknown token': { body: { query: viewer }, client: 'unknown' },
  'an Authorization header of another scheme': {
    body: { query: viewer },
    client: 'anonymous',
    headers: { authorization: 'Basic YTpi' },
  },
  'no token': { body: { query: viewer }, client: 'anonymous' },
  'Accept: graphql-response+json': { body: { query: viewer }, headers: strictAccept },
  'Accept: graphql-response+json, with an invalid document': { body: { query: '{ nothing }' }, headers: strictAccept },
  'Accept: graphql-response+json, with an error without data': {
    body: { query: '{ tickets(first: -1) { totalCount } }' },
    headers: strictAccept,
  },
  'Accept: graphql-response+json, with an unknown token': {
    body: { query: viewer },
    client: 'unknown',
    headers: strictAccept,
  },
  'Accept: json': { body: { query: viewer }, headers: { accept: 'application/json' } },
  'Accept: json first': { body: { query: viewer }, headers: { accept: 'application/json, */*;q=0.5' } },
  'Accept: graphql-response+json first': {
    body: { query: viewer },
    headers: { accept: `${strictAccept.accept}, application/json;q=0.9` },
  },
  'Accept: json second': { body: { query: viewer }, headers: { accept: `text/html, application/json` } },
  'extensions that are not an object': { body: { query: viewer, extensions: 'x' } },
  'Accept: json with parameters': {
    body: { query: viewer },
    headers: { accept: 'application/json;version=1' },
  },
  'Accept: json with an invalid quality': { body: { query: viewer }, headers: { accept: 'application/json; q=abc' } },
  'a body with a charset': { body: { query: viewer }, headers: { 'content-type': 'application/json; charset=utf-8' } },
}

/** Requests beyond limits and content types that Yoga does not have. */
const rejectedRequests: Readonly<Record<string, Request & { readonly status: number; readonly code: string }>> = {
  'no query': { status: 400, code: 'BAD_REQUEST', body: {} },
  'a query that is null': { status: 400, code: 'BAD_REQUEST', body: { query: null, variables: {} } },
  'deeply nested variables': {
    status: 400,
    code: 'QUERY_TOO_COMPLEX',
    body: `{"query":"${viewer}","variables":${'{"a":'.repeat(60)}1${'}'.repeat(60)}}`,
  },
  'variables with too many values': {
    status: 400,
    code: 'QUERY_TOO_COMPLEX',
    body: { query: search, variables: { filter: { or: Array.from({ length: 20_000 }, () => ({})) } } },
  },
  'a subscription': { status: 406, code: 'BAD_REQUEST', body: { query: 'subscription { changes { cursor } }' } },
  'an operationName that is a number': { status: 400, code: 'BAD_REQUEST', body: { query: viewer, operationName: 1 } },
  'a deeply nested document': {
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    body: { query: `{ ticket(id: "CORE-1") { ${nestedSelection(5)} } }` },
  },
  'a long document': { status: 400, code: 'QUERY_TOO_COMPLEX', body: { query: viewer.padEnd(15_001) } },
  'Accept: jsonfoo': {
    status: 406,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { accept: 'application/jsonfoo' },
  },
  'Accept: png': {
    status: 406,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { accept: 'image/png' },
  },
  'a body of plain text': {
    status: 415,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { 'content-type': 'text/plain' },
  },
  'a body in Latin-1': {
    status: 415,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { 'content-type': 'application/json; charset=ISO-8859-1' },
  },
  'a body in UTF-16': {
    status: 415,
    code: 'BAD_REQUEST',
    body: { query: viewer },
    headers: { 'content-type': 'application/json;charset="utf-16le"' },
  },
}

describe('endpoint', () => {
  test.each(Object.entries(requests))('responds like Yoga: %s', async (_name, request) => {
    const client = Object.assign(Object.create(clientOf(request.client)), { app: createOracle(server) }) as Client
    const expected = comparable(await client.post(request.body, request.headers))
    // A query is compiled when it comes the second time.
    for (const time of ['first', 'second', 'third']) expect(await responseTo(request), time).toEqual(expected)
    expect(await responseTo(request, fromPage)).toEqual(expected)
  })

  test.each(Object.entries(rejectedRequests))(
    'rejects a request with %s',
    async (_name, { status, code, ...request }) => {
      const response = await responseTo(request)
      expect(response).toEqual({
        status,
        type: 'application/json; charset=utf-8',
        data: undefined,
        errors: [{ message: expect.any(String), path: undefined, extensions: expect.objectContaining({ code }) }],
      })
      expect(await responseTo(request, fromPage)).toEqual(response)
    },
  )

  test.each([
    'APPLICATION/JSON',
    'application/json ; charset=utf-8',
    'application/json\t;\tcharset="UTF-8"',
    'application/json; charset=UTF8; profile=x',
    'application/json;',
  ])('accepts JSON as %s', async (type) => {
    const { data } = await users.viewer.post({ query: viewer }, { 'content-type': type })
    expect(data).toEqual({ viewer: { username: 'viewer' } })
  })

  test('ignores unknown members of the body', async () => {
    const body = { query: viewer, colour: 'red', id: null, deep: { list: [1] } }
    expect((await users.viewer.post(body)).data).toEqual({ viewer: { username: 'viewer' } })
  })

  test.each<[string, Request, number, string]>([
    ['a missing variable', { body: { query: create } }, 400, 'BAD_USER_INPUT'],
    ['a variable of the wrong type', { body: { query: search, variables: { first: 'x' } } }, 400, 'BAD_USER_INPUT'],
    ['an unknown field of a variable', { body: createBody({ titel: 'x' }) }, 400, 'BAD_USER_INPUT'],
    ['an undefined operation', { body: { query: twoOperations } }, 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['a subscription', { body: { query: 'subscription { changes { cursor } }' } }, 406, 'BAD_REQUEST'],
    ['no query', { body: {} }, 400, 'BAD_REQUEST'],
    ['a syntax error', { body: { query: '{' } }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown token', { body: { query: viewer }, client: 'unknown' }, 401, 'UNAUTHENTICATED'],
  ])(
    'returns an error status for a result without data of type graphql-response+json: %s',
    async (_name, request, status, code) => {
      const response = await responseTo(request, strictAccept)
      expect(response).toMatchObject({ status, type: 'application/graphql-response+json; charset=utf-8' })
      expect(response.data).toBeUndefined()
      expect(new Set(response.errors?.map(({ extensions }) => extensions['code']))).toEqual(new Set([code]))
    },
  )

  test('returns HTTP 401 or 409 for other requests that fail before execution, of type graphql-response+json', async () => {
    const production = server.withSettings({ NODE_ENV: 'production' })
    const introspection = { query: '{ __schema { queryType { name } } }' }
    expect((await production.anonymous.post(introspection, strictAccept)).status).toBe(401)
    expect((await production.anonymous.post(introspection)).status).toBe(200)
    await production.app.dispose()
    const headers = { ...strictAccept, 'idempotency-key': crypto.randomUUID() }
    const title = (text: string) => createBody({ projectId: 'CORE', title: text })
    expect((await users.contributor.post(title('First'), headers)).status).toBe(200)
    const { status, errors } = await users.contributor.post(title('Second'), headers)
    expect([status, errors?.[0]?.extensions?.code]).toEqual([409, 'CONFLICT'])
  })

  test('returns the request id of the client', async () => {
    for (const headers of [{}, fromPage])
      for (const body of [
        { query: viewer },
        { query: '{ tickets(first: -1) { totalCount } }' },
        { query: '{ nothing }' },
      ]) {
        const response = await users.viewer.post(body, { ...headers, 'x-request-id': 'client-1' })
        expect(response.headers.get('x-request-id')).toBe('client-1')
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

  test('runs a mutation once, even with an error in its payload', async () => {
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
      'a query',
      { query: `query Named ${viewer}` },
      'contributor',
      { operation: 'Named', cost: 1, user: 'contributor', status: 200 },
    ],
    [
      'an error',
      { query: 'query Bad { tickets(first: -1) { totalCount } }' },
      'viewer',
      { operation: 'Bad', cost: 1, user: 'viewer', status: 200, codes: ['BAD_USER_INPUT'] },
    ],
    ['an unnamed operation', { query: viewer }, 'anonymous', { cost: 1, status: 200 }],
    [
      'one of several operations',
      { query: twoOperations, operationName: 'Two' },
      'viewer',
      { operation: 'Two', cost: 1, user: 'viewer', status: 200 },
    ],
    ['an unknown token', { query: viewer }, 'unknown', { status: 401, codes: ['UNAUTHENTICATED'] }],
  ] as const)('logs a line per request: %s', async (_name, body, client, expected) => {
    for (const headers of [{}, fromPage]) {
      const requestId = crypto.randomUUID()
      await clientOf(client).post(body, { ...headers, 'x-request-id': requestId })
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
