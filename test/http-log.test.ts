import { pino } from 'pino'
import { beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { ApiResponse } from './support/client.ts'
import { createProject, password, signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser

beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
})

interface Line {
  readonly requestId: string
  readonly msg: string
  readonly [name: string]: unknown
}
const linesOf = (requestId: string | null) =>
  server.lines.map((line) => JSON.parse(line) as Line).filter((line) => line.requestId === requestId)

const Viewer = graphql(`query HttpLogViewer { viewer { username } }`)
const SignIn = graphql(`mutation HttpLogSignIn($input: SignInInput!) { signIn(input: $input) { token } }`)
const Label = graphql(`
  mutation HttpLogLabel($input: CreateLabelInput!) { createLabel(input: $input) { label { name } } }
`)
const Labels = graphql(`query HttpLogLabels { project(id: "CORE") { key labels { name } } }`)
const Search = graphql(`query HttpLogSearch($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)
const Comment = graphql(`
  mutation HttpLogComment($input: AddCommentInput!) { addComment(input: $input) { comment { body } } }
`)

test('shortens paths and names of operations in the log', async () => {
  const path = `/${'p'.repeat(1000)}`
  const page = await server.anonymous.fetch(path)
  const { headers } = await ada.post({ query: `query ${'q'.repeat(1000)} { viewer { id } }` })
  const lines = [page.headers, headers].flatMap((responseHeaders) => linesOf(responseHeaders.get('x-request-id')))
  expect(lines.map((line) => [line['path'], line['operation']])).toEqual([
    [path.slice(0, 200), undefined],
    ['/graphql', 'q'.repeat(200)],
  ])
})

describe('request id', () => {
  test('returns the request id in the header of every response, and logs it', async () => {
    const responses = [await server.anonymous.send(Viewer), await ada.send(Viewer), await ada.post('no JSON')]
    const ids = responses.map(({ headers }) => headers.get('x-request-id') ?? '')
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      expect(linesOf(id).map(({ msg }) => msg)).toEqual(['request'])
    }
    expect(linesOf(ids[1] ?? '')[0]).toMatchObject({
      method: 'POST',
      path: '/graphql',
      status: 200,
      user: 'ada',
      duration: expect.any(Number),
    })
    for (const path of ['/', '/health', '/ready', '/schema.graphql', '/nothing'])
      expect((await server.anonymous.fetch(path)).headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('uses the request id of the client if it is valid', async () => {
    const idFor = async (clientId: string) =>
      (await ada.post({ query: '{ viewer { username } }' }, { 'x-request-id': clientId })).headers.get('x-request-id')
    for (const valid of ['abc-123', 'a.b_c', 'x'.repeat(64), crypto.randomUUID()]) {
      expect(await idFor(valid)).toBe(valid)
      expect(linesOf(valid)).toHaveLength(1)
    }
    for (const invalid of ['', 'x'.repeat(65), 'a b', '{"a":1}', 'a;b', 'é', '<script>'])
      expect(await idFor(invalid), invalid).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe.each([
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
])('serialization of results %s', (_client, headers) => {
  /** Sends a query whose result is serialized by `toJSON`. Returns the response and the logged lines. */
  async function respondWith(toJSON: (logged: number) => unknown) {
    const lines: string[] = []
    const app = createApp({
      config: readConfig({ NODE_ENV: 'test' }),
      database: server.database,
      viewerCache: server.viewerCache,
      log: pino({}, { write: (line: string) => lines.push(line) }),
      trace: (execute) => async (operation, context, variables) => {
        const execution = await execute(operation, context, variables)
        return { ...execution, result: { data: { viewer: { toJSON: () => toJSON(lines.length) } } } }
      },
    })
    const client = Object.assign(Object.create(ada), { app }) as TestUser
    const response = await client.post({ query: '{ viewer { username } }' }, headers)
    await app.dispose()
    return { response, lines: lines.map((line) => JSON.parse(line) as Line) }
  }

  test('serializes the result before the request is logged, so that the duration includes it', async () => {
    const { response, lines } = await respondWith((logged) => logged)
    expect(response.data).toEqual({ viewer: 0 })
    expect(lines.map(({ msg }) => msg)).toEqual(['request'])
  })
})

/** Expects an error without details, and its log entry with the same request id. */
function expectMasked({ headers, errors }: ApiResponse<unknown>, path: readonly string[]): Line {
  const requestId = headers.get('x-request-id')
  expect(errors).toEqual([
    {
      message: 'Internal server error. The server log contains details under the request id.',
      locations: expect.anything(),
      path,
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    },
  ])
  const [unexpected, ...others] = linesOf(requestId)
  expect(unexpected).toMatchObject({ level: 50, msg: 'unexpected error', path, err: { stack: expect.any(String) } })
  expect(others.map(({ msg }) => msg)).toEqual(['request'])
  return unexpected as Line
}

async function runWithBrokenTables<Result>(
  breakingSql: string,
  repairingSql: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await server.database.pool.query(breakingSql)
  return work().finally(() => server.database.pool.query(repairingSql))
}

describe('unexpected error', () => {
  const input = { projectId: 'CORE', name: 'whispered', color: '#336699', description: 'whispered too' }

  test('masks and logs an unexpected error of a query', async () => {
    const response = await runWithBrokenTables(
      'ALTER TABLE labels RENAME TO lost',
      'ALTER TABLE lost RENAME TO labels',
      () => ada.send(Labels),
    )
    expect(JSON.stringify(expectMasked(response, ['project']))).toContain('42P01')
    expect(JSON.stringify(response.errors)).not.toContain('relation')
    expect((await ada.ask(Labels)).project).toEqual({ key: 'CORE', labels: [] })
  })

  test('completes requests that run concurrently with an unexpected error', async () => {
    const responses = await runWithBrokenTables(
      'ALTER TABLE labels RENAME TO lost',
      'ALTER TABLE lost RENAME TO labels',
      () =>
        Promise.all([
          ada.send(Labels),
          ada.send(Viewer),
          ada.send(Labels),
          ada.send(Search, { filter: {} }),
          ada.send(Viewer),
        ]),
    )
    expect(responses.map(({ errors }) => errors?.[0]?.extensions?.code ?? null)).toEqual([
      'INTERNAL_SERVER_ERROR',
      null,
      'INTERNAL_SERVER_ERROR',
      null,
      null,
    ])
    expect(responses[4]?.data).toEqual({ viewer: { username: 'ada' } })
  })

  test('masks and logs an unexpected error of a mutation without its values, and changes nothing', async () => {
    const response = await runWithBrokenTables(
      "ALTER TABLE labels ADD CONSTRAINT provoked CHECK (name <> 'whispered')",
      'ALTER TABLE labels DROP CONSTRAINT provoked',
      () => ada.send(Label, { input }),
    )
    expectMasked(response, ['createLabel'])
    expect((await ada.ask(Labels)).project?.labels).toEqual([])
    expect(server.lines.filter((line) => line.includes('whispered'))).toEqual([])
    expect((await ada.ask(Label, { input })).createLabel.label).toEqual({ name: 'whispered' })
  })

  test('masks and logs an unexpected error of a raw statement without its values', async () => {
    const issue = graphql(`
      mutation HttpLogIssue { createIssue(input: { projectId: "CORE", title: "Any" }) { issue { id } } }
    `)
    const ticketId = (await ada.ask(issue)).createIssue.issue.id
    const response = await runWithBrokenTables(
      "ALTER TABLE comments ADD CONSTRAINT provoked CHECK (body <> 'murmured')",
      'ALTER TABLE comments DROP CONSTRAINT provoked',
      () => ada.send(Comment, { input: { ticketId, body: 'murmured' } }),
    )
    expectMasked(response, ['addComment'])
    expect(server.lines.filter((line) => line.includes('murmured'))).toEqual([])
  })
})

test('logs no passwords, tokens or values of variables', async () => {
  const { signIn } = await server.anonymous.ask(SignIn, { input: { username: 'ada', password } })
  await server.anonymous.send(SignIn, { input: { username: 'ada', password: 'a wrong guess' } })
  await ada.send(Search, { filter: { title: { contains: 'a quiet word' } } })
  await ada.send(Search, { filter: { title: { contains: 'a quiet word\0' } } })
  await ada.post({ query: Search.toString(), variables: { filter: { status: 'a quiet word' } } })
  await ada.post({ query: '{ viewer { a quiet word } }' })
  await ada.post('{"query": "a quiet word')
  await server.anonymous.post({ query: '{ viewer { id } }' }, { authorization: 'Bearer snag_quiet' })
  const variables = encodeURIComponent(JSON.stringify({ filter: { title: { eq: 'quiet' } } }))
  await ada.fetch(`/graphql?query=${encodeURIComponent(Search.toString())}&variables=${variables}`)
  await ada.post({ query: Search.toString(), operationName: 'HttpLogSearch' })
  const log = server.lines.join('')
  for (const secret of [password, 'a wrong guess', 'quiet', signIn.token, ada.token ?? '', 'snag_'])
    expect(log).not.toContain(secret)
  expect(log).toContain('HttpLogSearch')
})
