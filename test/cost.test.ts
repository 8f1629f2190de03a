import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  for (const title of ['One', 'Two', 'Three']) await createIssue(users.contributor, 'CORE', title)
})

const Explain = graphql(`
  query Explain($query: String!, $variables: JSON, $operationName: String) {
    explainCost(query: $query, variables: $variables, operationName: $operationName) {
      requested limit lists { path cost first }
    }
  }
`)
const limit = 25_000
/** A page sends its origin. */
const ways = [
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
] as const

const costOf = async (query: string, variables: object = {}) =>
  (await users.viewer.post({ query, variables })).extensions?.cost
const explained = async (query: string, variables: object = {}, operationName?: string) =>
  (await users.viewer.ask(Explain, { query, variables, operationName: operationName ?? null })).explainCost

describe('what a query costs', () => {
  test.each<[string, string, object, number]>([
    ['one point for what asks for nothing', '{ __typename }', {}, 1],
    ['a point for each object', '{ viewer { id username } }', {}, 1],
    ['a page by its size, and a point for itself', '{ tickets(first: 20) { nodes { id } } }', {}, 21],
    ['a page of 50, where no size is given', '{ tickets { nodes { id } } }', {}, 51],
    ['nothing for where a page stands', '{ tickets(first: 2) { pageInfo { endCursor } edges { cursor } } }', {}, 1],
    [
      'pages within pages, multiplied',
      '{ tickets(last: 10) { nodes { comments(first: 5) { nodes { id } } } } }',
      {},
      71,
    ],
    [
      'what is in edges as what is in nodes',
      '{ tickets(first: 10) { edges { node { comments(first: 5) { edges { node { id } } } } } } }',
      {},
      71,
    ],
    [
      'sizes in variables',
      'query ($a: Int, $b: Int = 7) { tickets(first: $a) { nodes { comments(last: $b) { nodes { id } } } } }',
      { a: 3 },
      1 + 3 * (1 + 1 + 7),
    ],
    [
      'every fragment in each place',
      '{ a: viewer { ...F } b: viewer { ...F ... { ...F } } } fragment F on User { id }',
      {},
      2,
    ],
    ['more for a count', '{ tickets(first: 0) { totalCount } }', {}, 201],
    [
      'more for a search: its alternatives',
      '{ tickets(first: 0, filter: { or: [{ search: "cold night or driver" }] }) { nodes { id } } }',
      {},
      1 + (1000 + 200) + 1000,
    ],
    [
      'more for a search in a variable, most for what is in no index',
      'query ($f: TicketFilter) { tickets(first: 0, filter: $f) { nodes { id } } }',
      { f: { search: 'cold', not: { search: 'x1' } } },
      1 + 1000 + 10_000,
    ],
    [
      'more for comparisons of texts, each of them',
      '{ tickets(first: 0, filter: { title: { contains: "a", startsWith: "b" }, description: { eq: "c" } }) { nodes { id } } }',
      {},
      1 + 3000 + 2 * 2500 + 11_000,
    ],
    [
      'less for what an index has of long texts',
      '{ tickets(first: 0, filter: { description: { contains: "abc" } }) { nodes { id } } }',
      {},
      1 + 3000 + 8000,
    ],
    [
      'more for labels, each comparison of them',
      '{ tickets(first: 0, filter: { label: { some: ["a"], none: [] } }) { nodes { id } } }',
      {},
      1 + 3000 + 2 * 5000 + 5000 / 50,
    ],
    [
      'more for what only history tells, and once more where all are counted',
      '{ tickets(first: 0, filter: { openAt: "2026-01-01T00:00:00Z" }) { totalCount } }',
      {},
      1 + (3000 + 7000) + 200 + (3000 + 7000),
    ],
    [
      'more where all that a search finds are counted',
      '{ tickets(first: 0, filter: { search: "cold night" }) { totalCount } }',
      {},
      1 + (1000 + 200) + 200 + (6000 + 1500),
    ],
    [
      'more for an order without an index',
      '{ tickets(first: 0, orderBy: { field: TITLE }) { nodes { id } } }',
      {},
      8001,
    ],
    [
      'a tenth of that in one project',
      `{ tickets(first: 0, filter: { project: { eq: "CORE" } }, orderBy: { field: TITLE }) { nodes { id } }
         project(id: "CORE") { issues(first: 0, orderBy: { field: TITLE }) { totalCount } } }`,
      {},
      Math.ceil(1 + (8000 + 25) / 10 + 1 + 1 + 800 + 20),
    ],
    [
      'as much as all reports that read by its filter',
      '{ reports(filter: { title: { eq: "a" } }) { a: ageing { count } b: ageing { count } } }',
      {},
      1 + 2 * (3000 + 3000 + 2500 + 10),
    ],
    ['more for a report', '{ reports { pareto(by: STATUS) { count } } }', {}, 1 + 5500 + 10],
  ])('is %s', async (_what, query, variables, requested) => {
    for (const [, headers] of ways) {
      const response = await users.viewer.post({ query, variables }, headers)
      expect(response.errors).toBeUndefined()
      expect(response.extensions).toEqual({ cost: { requested, limit } })
    }
    expect(await explained(query, variables)).toMatchObject({ requested, limit })
  })

  test('tells of a change too, with what its input names', async () => {
    const bulk = 'mutation ($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { tickets { id } } }'
    const input = { ids: ['CORE-1', 'CORE-2'], status: 'OPEN', dryRun: true }
    expect((await users.contributor.post({ query: bulk, variables: { input } })).extensions?.cost).toEqual({
      requested: Math.ceil(10 + 0.2 + 1 + 2),
      limit,
    })
  })
})

describe('a query that costs more than the limit', () => {
  const query = 'query ($n: Int!) { tickets(first: 200) { nodes { comments(first: $n) { nodes { id } } } } }'
  const cost = (n: number) => 1 + 200 * (2 + n)

  test.each(ways)('is refused before it runs, and judged afresh with other variables, %s', async (_way, headers) => {
    expect(cost(122)).toBeLessThanOrEqual(limit)
    for (const [n, fits] of [
      [122, true],
      [123, false],
      [122, true],
      [200, false],
    ] as const) {
      server.statements.length = 0
      const response = await users.viewer.post({ query, variables: { n } }, headers)
      if (fits) expect(response).toMatchObject({ status: 200, extensions: { cost: { requested: cost(n), limit } } })
      else {
        const extensions = { code: 'QUERY_TOO_COMPLEX', cost: cost(n), limit }
        expect(response).toMatchObject({ status: 400, errors: [{ extensions }] })
        expect(response.data).toBeUndefined()
        expect(server.statements.filter((sql) => sql.includes('tickets'))).toEqual([])
      }
    }
  })

  test('fits with the page sizes that the preview names, and not with larger ones', async () => {
    const text = (a: number, b: number) =>
      `{ tickets(first: ${a}) { nodes { comments(first: ${b}) { nodes { author { id } } } history(first: 3) { nodes { id } } } } }`
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), async (a, b) => {
        const { lists } = await explained(text(a, b))
        const fitting = (path: string) => lists.find((list) => list.path === path)?.first ?? null
        const [outer, inner] = [fitting('tickets'), fitting('tickets.nodes.comments')]
        const fits = async (query: string) => (await explained(query)).requested <= limit
        if (outer !== null) expect(await fits(text(outer, b))).toBe(true)
        if (inner !== null) expect(await fits(text(a, inner))).toBe(true)
        if ((outer ?? 0) < 200) expect(await fits(text((outer ?? 0) + 1, b))).toBe(false)
        if ((inner ?? 0) < 200) expect(await fits(text(a, (inner ?? 0) + 1))).toBe(false)
      }),
      { numRuns: 25 },
    )
  })

  test('is as dear as the server is told', async () => {
    const strict = server.configured({ SNAGLIST_COST_LIMIT: '20' })
    const client = Object.assign(Object.create(users.viewer), { app: strict.app })
    expect(await client.post({ query: '{ tickets(first: 20) { nodes { id } } }' })).toMatchObject({
      errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX', cost: 21, limit: 20 } }],
    })
    expect((await client.post({ query: '{ tickets(first: 19) { nodes { id } } }' })).errors).toBeUndefined()
    await strict.app.dispose()
  })
})

describe('the preview', () => {
  test('tells the dearest lists first, of the operation that is named', async () => {
    const query = `
      query Small { viewer { id } }
      query Large { projects(first: 2) { nodes { few: issues(first: 1) { nodes { id } } issues { nodes { id } } } } }`
    expect(await explained(query, {}, 'Small')).toMatchObject({ requested: 1, lists: [] })
    expect(await explained(query, {}, 'Large')).toMatchObject({
      requested: 1 + 2 * (1 + 2 + 51),
      lists: [
        { path: 'projects', cost: 109, first: 200 },
        { path: 'projects.nodes.issues', cost: 102, first: 200 },
        { path: 'projects.nodes.few', cost: 4, first: 200 },
      ],
    })
  })

  test('tells the largest number there is of what costs more', async () => {
    const query = 'mutation ($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { tickets { id } } }'
    for (const expectedCount of [1e300, 1e308, 1e11]) {
      const { requested } = await explained(query, { input: { filter: {}, expectedCount } })
      expect(requested).toBe(2 ** 31 - 1)
    }
  })

  test('tells a list that is asked for twice in one place twice, each page as if the other stayed', async () => {
    const list = 'tickets(first: 200) { nodes { comments(first: 100) { nodes { id } } } }'
    const one = { path: 'tickets', cost: 1 + 200 * 102, first: 200 }
    expect((await explained(`{ ${list} }`)).lists[0]).toEqual(one)
    const { lists } = await explained(`{ ${list} ${list} }`)
    expect(lists.filter(({ path }) => path === 'tickets')).toEqual(Array(2).fill({ ...one, first: 45 }))
  })

  test.each<[string, object, string]>([
    ['no GraphQL', { query: '{' }, 'query'],
    ['what does not fit the schema', { query: '{ nothing }' }, 'query'],
    ['what is over a limit', { query: '{ viewer { id } }'.padEnd(15_001) }, 'query'],
    ['no operation of that name', { query: '{ viewer { id } }', operationName: 'Other' }, 'operationName'],
    ['variables that are no object', { query: '{ viewer { id } }', variables: [1] }, 'variables'],
  ])('refuses %s', async (_what, variables, path) => {
    const { errors } = await users.viewer.post({ query: Explain.toString(), variables })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path }] })
  })

  test('is for who has signed in', async () => {
    const { errors } = await server.anonymous.post({
      query: Explain.toString(),
      variables: { query: '{ __typename }' },
    })
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })
})

test('introspection has a price as well', async () => {
  expect((await costOf('{ __schema { types { name } } }'))?.requested).toBeLessThan(10)
  const wide = Array.from({ length: 29 }, (_, i) => `a${i}: types { fields { args { type { fields { name } } } } }`)
  const { errors } = await users.viewer.post({ query: `{ __schema { ${wide.join(' ')} } }` })
  expect(errors?.[0]?.extensions?.code).toBe('QUERY_TOO_COMPLEX')
})
