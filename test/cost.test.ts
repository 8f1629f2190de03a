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
/** Browsers send the origin of a page. */
const clientKinds = [
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
] as const

const costOf = async (query: string, variables: object = {}) =>
  (await users.viewer.post({ query, variables })).extensions?.cost
const explain = async (query: string, variables: object = {}, operationName?: string) =>
  (await users.viewer.ask(Explain, { query, variables, operationName: operationName ?? null })).explainCost

describe('query cost', () => {
  test.each<[string, string, object, number]>([
    ['one point for a query without objects', '{ __typename }', {}, 1],
    ['one point per object', '{ viewer { id username } }', {}, 1],
    ['the page size, and one point for the list', '{ tickets(first: 20) { nodes { id } } }', {}, 21],
    ['a page of 50 by default', '{ tickets { nodes { id } } }', {}, 51],
    ['no points for cursors and page info', '{ tickets(first: 2) { pageInfo { endCursor } edges { cursor } } }', {}, 1],
    [
      'the product of nested page sizes',
      '{ tickets(last: 10) { nodes { comments(first: 5) { nodes { id } } } } }',
      {},
      71,
    ],
    [
      'the same for edges as for nodes',
      '{ tickets(first: 10) { edges { node { comments(first: 5) { edges { node { id } } } } } } }',
      {},
      71,
    ],
    [
      'page sizes from variables',
      'query ($a: Int, $b: Int = 7) { tickets(first: $a) { nodes { comments(last: $b) { nodes { id } } } } }',
      { a: 3 },
      1 + 3 * (1 + 1 + 7),
    ],
    [
      'every occurrence of a fragment',
      '{ a: viewer { ...F } b: viewer { ...F ... { ...F } } } fragment F on User { id }',
      {},
      2,
    ],
    ['additional points for a count', '{ tickets(first: 0) { totalCount } }', {}, 201],
    [
      'additional points for each alternative of a search',
      '{ tickets(first: 0, filter: { or: [{ search: "cold night or driver" }] }) { nodes { id } } }',
      {},
      1 + (1000 + 200) + 1000,
    ],
    [
      'additional points for a search in a variable, most for an unindexed term',
      'query ($f: TicketFilter) { tickets(first: 0, filter: $f) { nodes { id } } }',
      { f: { search: 'cold', not: { search: 'x1' } } },
      1 + 1000 + 10_000,
    ],
    [
      'additional points for each comparison of texts',
      '{ tickets(first: 0, filter: { title: { contains: "a", startsWith: "b" }, description: { eq: "c" } }) { nodes { id } } }',
      {},
      1 + 3000 + 2 * 2500 + 11_000,
    ],
    [
      'fewer points for an indexed comparison of long texts',
      '{ tickets(first: 0, filter: { description: { contains: "abc" } }) { nodes { id } } }',
      {},
      1 + 3000 + 8000,
    ],
    [
      'additional points for each comparison of labels',
      '{ tickets(first: 0, filter: { label: { some: ["a"], none: [] } }) { nodes { id } } }',
      {},
      1 + 3000 + 2 * 5000 + 5000 / 50,
    ],
    [
      'additional points for filters on history, twice with a count',
      '{ tickets(first: 0, filter: { openAt: "2026-01-01T00:00:00Z" }) { totalCount } }',
      {},
      1 + (3000 + 7000) + 200 + (3000 + 7000),
    ],
    [
      'additional points for a count of search results',
      '{ tickets(first: 0, filter: { search: "cold night" }) { totalCount } }',
      {},
      1 + (1000 + 200) + 200 + (6000 + 1500),
    ],
    [
      'additional points for an unindexed order',
      '{ tickets(first: 0, orderBy: { field: TITLE }) { nodes { id } } }',
      {},
      8001,
    ],
    [
      'a tenth of the points in one project',
      `{ tickets(first: 0, filter: { project: { eq: "CORE" } }, orderBy: { field: TITLE }) { nodes { id } }
         project(id: "CORE") { issues(first: 0, orderBy: { field: TITLE }) { totalCount } } }`,
      {},
      Math.ceil(1 + (8000 + 25) / 10 + 1 + 1 + 800 + 20),
    ],
    [
      'the cost of the filter for each report',
      '{ reports(filter: { title: { eq: "a" } }) { a: ageing { count } b: ageing { count } } }',
      {},
      1 + 2 * (3000 + 3000 + 2500 + 10),
    ],
    ['additional points for a report', '{ reports { pareto(by: STATUS) { count } } }', {}, 1 + 5500 + 10],
  ])('query cost includes %s', async (_what, query, variables, requested) => {
    for (const [, headers] of clientKinds) {
      const response = await users.viewer.post({ query, variables }, headers)
      expect(response.errors).toBeUndefined()
      expect(response.extensions).toEqual({ cost: { requested, limit } })
    }
    expect(await explain(query, variables)).toMatchObject({ requested, limit })
  })

  test('query cost includes the number of tickets in the input of a bulk mutation', async () => {
    const bulk = 'mutation ($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { tickets { id } } }'
    const input = { ids: ['CORE-1', 'CORE-2'], status: 'OPEN', dryRun: true }
    expect((await users.contributor.post({ query: bulk, variables: { input } })).extensions?.cost).toEqual({
      requested: Math.ceil(10 + 0.2 + 1 + 2),
      limit,
    })
  })
})

describe('cost limit', () => {
  const query = 'query ($n: Int!) { tickets(first: 200) { nodes { comments(first: $n) { nodes { id } } } } }'
  const cost = (n: number) => 1 + 200 * (2 + n)

  test.each(clientKinds)(
    'rejects an operation above the cost limit before it runs, depending on its variables, %s',
    async (_way, headers) => {
      expect(cost(122)).toBeLessThanOrEqual(limit)
      for (const [n, isAccepted] of [
        [122, true],
        [123, false],
        [122, true],
        [200, false],
      ] as const) {
        server.statements.length = 0
        const response = await users.viewer.post({ query, variables: { n } }, headers)
        if (isAccepted)
          expect(response).toMatchObject({ status: 200, extensions: { cost: { requested: cost(n), limit } } })
        else {
          const extensions = { code: 'QUERY_TOO_COMPLEX', cost: cost(n), limit }
          expect(response).toMatchObject({ status: 400, errors: [{ extensions }] })
          expect(response.data).toBeUndefined()
          expect(server.statements.filter((sql) => sql.includes('tickets'))).toEqual([])
        }
      }
    },
  )

  test('accepts the page sizes that explainCost suggests, and rejects larger ones', async () => {
    const text = (a: number, b: number) =>
      `{ tickets(first: ${a}) { nodes { comments(first: ${b}) { nodes { author { id } } } history(first: 3) { nodes { id } } } } }`
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), async (a, b) => {
        const { lists } = await explain(text(a, b))
        const maxFirstOf = (path: string) => lists.find((list) => list.path === path)?.first ?? null
        const [outer, inner] = [maxFirstOf('tickets'), maxFirstOf('tickets.nodes.comments')]
        const isAffordable = async (query: string) => (await explain(query)).requested <= limit
        if (outer !== null) expect(await isAffordable(text(outer, b))).toBe(true)
        if (inner !== null) expect(await isAffordable(text(a, inner))).toBe(true)
        if ((outer ?? 0) < 200) expect(await isAffordable(text((outer ?? 0) + 1, b))).toBe(false)
        if ((inner ?? 0) < 200) expect(await isAffordable(text(a, (inner ?? 0) + 1))).toBe(false)
      }),
      { numRuns: 25 },
    )
  })

  test('applies SNAGLIST_COST_LIMIT', async () => {
    const strict = server.withSettings({ SNAGLIST_COST_LIMIT: '20' })
    const client = Object.assign(Object.create(users.viewer), { app: strict.app })
    expect(await client.post({ query: '{ tickets(first: 20) { nodes { id } } }' })).toMatchObject({
      errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX', cost: 21, limit: 20 } }],
    })
    expect((await client.post({ query: '{ tickets(first: 19) { nodes { id } } }' })).errors).toBeUndefined()
    await strict.app.dispose()
  })
})

test.each([
  [
    '{ tickets(first: 200) { nodes { comments(first: 200) { nodes { id } } } } }',
    'Query cost 40,401 exceeds the limit of 25,000. Most expensive: `tickets` (40,401). Lower its `first` or `last` to 123, or select less. `explainCost` lists all costs.',
  ],
  [
    '{ tickets(first: 1, filter: { description: { eq: "a", startsWith: "b", contains: "c" } }) { nodes { id } } }',
    'Query cost 36,002 exceeds the limit of 25,000. Most expensive: `tickets` (36,002). Filter by project, simplify `filter` and `orderBy`, or select less. `explainCost` lists all costs.',
  ],
  [
    '{ reports { a: firstResponseTime { count } b: firstResponseTime { count } } }',
    'Query cost 40,021 exceeds the limit of 25,000. Select less, or split the query into several requests.',
  ],
])('names the most expensive list and a remedy in the error of an expensive query: %s', async (query, message) => {
  const { errors } = await users.viewer.post({ query })
  expect(errors?.map((error) => error.message)).toEqual([message])
})

describe('explainCost', () => {
  test('explainCost returns the most expensive lists of the named operation first', async () => {
    const query = `
      query Small { viewer { id } }
      query Large { projects(first: 2) { nodes { few: issues(first: 1) { nodes { id } } issues { nodes { id } } } } }`
    expect(await explain(query, {}, 'Small')).toMatchObject({ requested: 1, lists: [] })
    expect(await explain(query, {}, 'Large')).toMatchObject({
      requested: 1 + 2 * (1 + 2 + 51),
      lists: [
        { path: 'projects', cost: 109, first: 200 },
        { path: 'projects.nodes.issues', cost: 102, first: 200 },
        { path: 'projects.nodes.few', cost: 4, first: 200 },
      ],
    })
  })

  test('explainCost returns the largest Int for a larger cost', async () => {
    const query = 'mutation ($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { tickets { id } } }'
    for (const expectedCount of [1e300, 1e308, 1e11]) {
      const { requested } = await explain(query, { input: { filter: {}, expectedCount } })
      expect(requested).toBe(2 ** 31 - 1)
    }
  })

  test('explainCost returns an entry for each selection of a list at the same path', async () => {
    const list = 'tickets(first: 200) { nodes { comments(first: 100) { nodes { id } } } }'
    const one = { path: 'tickets', cost: 1 + 200 * 102, first: 200 }
    expect((await explain(`{ ${list} }`)).lists[0]).toEqual(one)
    const { lists } = await explain(`{ ${list} ${list} }`)
    expect(lists.filter(({ path }) => path === 'tickets')).toEqual(Array(2).fill({ ...one, first: 45 }))
  })

  test.each<[string, object, string]>([
    ['invalid syntax', { query: '{' }, 'query'],
    ['an invalid document', { query: '{ nothing }' }, 'query'],
    ['a document above a limit', { query: '{ viewer { id } }'.padEnd(15_001) }, 'query'],
    ['an unknown operation', { query: '{ viewer { id } }', operationName: 'Other' }, 'operationName'],
    ['variables that are not an object', { query: '{ viewer { id } }', variables: [1] }, 'variables'],
  ])('explainCost rejects %s', async (_description, variables, path) => {
    const { errors } = await users.viewer.post({ query: Explain.toString(), variables })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path }] })
  })

  test('explainCost requires authentication', async () => {
    const { errors } = await server.anonymous.post({
      query: Explain.toString(),
      variables: { query: '{ __typename }' },
    })
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })
})

test('query cost includes introspection', async () => {
  expect((await costOf('{ __schema { types { name } } }'))?.requested).toBeLessThan(10)
  const wide = Array.from({ length: 29 }, (_, i) => `a${i}: types { fields { args { type { fields { name } } } } }`)
  const { errors } = await users.viewer.post({ query: `{ __schema { ${wide.join(' ')} } }` })
  expect(errors?.[0]?.extensions?.code).toBe('QUERY_TOO_COMPLEX')
})
