import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Kind, parse } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { examples } from '../src/http/graphiql-examples.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { createTestProject } from './support/contents.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  for (const title of ['One', 'Two', 'Three']) await createIssue(users.contributor, 'CORE', title)
  await createTestProject(users, 'LARGE')
})

const Explain = graphql(`
  query Explain($query: String!, $variables: JSON, $operationName: String) {
    explainCost(query: $query, variables: $variables, operationName: $operationName) {
      requested objects work limit lists { path cost first } fields { path objects work }
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

/**
 * A client of a server whose database has a number of tickets in the project LARGE, apart from the three in CORE, according to its
 * counter of ticket numbers.
 */
async function clientWithTickets(count: number, env: Readonly<Record<string, string>> = {}): Promise<Client> {
  await server.database.pool.query(`UPDATE projects SET last_number = $1 WHERE key = 'LARGE'`, [count])
  const { app } = server.withSettings(env)
  return Object.assign(Object.create(users.viewer), { app })
}
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
  ])('query cost includes %s', async (_what, query, variables, requested) => {
    for (const [, headers] of clientKinds) {
      const response = await users.viewer.post({ query, variables }, headers)
      expect(response.errors).toBeUndefined()
      expect(response.extensions).toMatchObject({ cost: { requested, limit } })
    }
    expect(await explain(query, variables)).toMatchObject({ requested, limit })
  })

  test('query cost includes the number of tickets in the input of a bulk mutation', async () => {
    const bulk = 'mutation ($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { tickets { id } } }'
    const input = { ids: ['CORE-1', 'CORE-2'], status: 'OPEN', dryRun: true }
    expect((await users.contributor.post({ query: bulk, variables: { input } })).extensions?.cost).toMatchObject({
      requested: Math.ceil(10 + 0.2 + 1 + 2),
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

const allReports = `
  topAssignees { total } resolutionTime { p50 } firstResponseTime { p50 } pareto(by: LABEL) { count } ageing { count }
  flow(interval: MONTH, from: "-P1Y") { opened } reopenRate(from: "-P1Y") { rate }`
const searchBox = (
  search: string,
) => `{ tickets(first: 20, filter: { search: "${search}" }, orderBy: [{ field: RELEVANCE, direction: DESC }]) {
  totalCountUpTo nodes { key title excerpt(search: "${search}") { text hits { start end } } } } }`
const relevance = 'orderBy: [{ field: RELEVANCE, direction: DESC }]'

describe('work', () => {
  const works: readonly (readonly [string, string, number])[] = [
    ['a list', '{ tickets { nodes { id } } }', 1],
    ['a count', '{ tickets(first: 0) { totalCount } }', 301],
    ['a bounded count', '{ tickets(first: 0) { totalCountUpTo } }', 21],
    [
      'an order without an index',
      `{ tickets(first: 0, orderBy: [{ field: SEVERITY }, { field: TITLE }]) { nodes { id } } }`,
      6001,
    ],
    ['an offset', '{ tickets(first: 0, offset: 100) { nodes { id } } }', 3],
    [
      'a search',
      '{ tickets(first: 0, filter: { or: [{ search: "cold night or driver" }] }) { nodes { id } } }',
      1 + 4000 + 2000 + 1500,
    ],
    [
      'a search by relevance',
      `{ tickets(first: 0, filter: { search: "cold" }, ${relevance}) { nodes { id } } }`,
      1 + 2500,
    ],
    [
      'a count of search results',
      '{ tickets(first: 0, filter: { search: "cold" }) { totalCount } }',
      1 + 1500 + 300 + 12_000,
    ],
    [
      'a bounded count of search results',
      '{ tickets(first: 0, filter: { search: "cold" }) { totalCountUpTo } }',
      1 + 1500 + 20,
    ],
    [
      'comparisons of texts',
      '{ tickets(first: 0, filter: { title: { contains: "a", startsWith: "b" }, description: { eq: "c" } }) { nodes { id } } }',
      1 + 4000 + 2 * 7000 + 50_000,
    ],
    [
      'an indexed comparison of long texts',
      '{ tickets(first: 0, filter: { description: { contains: "abc" } }) { nodes { id } } }',
      1 + 4000 + 8000,
    ],
    [
      'comparisons of labels',
      '{ tickets(first: 0, filter: { label: { some: ["a"], none: [] } }) { nodes { id } } }',
      1 + 4000 + 2 * 9000 + 9000 / 50,
    ],
    [
      'a filter on history',
      '{ tickets(first: 0, filter: { openAt: "2026-01-01T00:00:00Z" }) { nodes { id } } }',
      1 + 4000 + 5500,
    ],
    ['a report with a filter', '{ reports(filter: { title: { eq: "a" } }) { ageing { count } } }', 1000 + 4000 + 7000],
  ]

  test('work of a query is that with the current number of tickets', async () => {
    const client = await clientWithTickets(200_000 - 3)
    for (const [name, query, work] of works)
      expect((await client.ask(Explain, { query, variables: {} })).explainCost, name).toMatchObject({ work })
    expect((await explainWith(client, '{ project(id: "CORE") { issues { totalCount } } }')).work).toBe(1)
    expect((await explainWith(client, '{ tickets(filter: { project: { eq: "core" } }) { totalCount } }')).work).toBe(1)
    expect((await explainWith(client, '{ project(id: "LARGE") { issues { totalCount } } }')).work).toBe(301)
    const inProject = `{ tickets(first: 0, filter: { project: { eq: "LARGE" }, search: "cold" }, ${relevance}) { nodes { id } } }`
    expect((await explainWith(client, inProject)).work).toBe(2501)
    expect((await explainWith(client, inProject.replace('LARGE', 'CORE'))).work).toBe(2)
    expect((await explainWith(client, '{ projects(first: 1) { nodes { issues { totalCount } } } }')).work).toBe(302)
  })

  test('a list, search or report with 5,000 tickets costs at most 100 points in addition to its objects', async () => {
    const client = await clientWithTickets(5000 - 3)
    const queries = works.map(([, query]) => query)
    for (const query of [
      ...queries,
      searchBox('a'),
      searchBox('battery or cold -drift').replace('UpTo', ''),
      searchBox('a b').replace('UpTo', ''),
      searchBox('& | ! ( )'),
    ])
      expect((await explainWith(client, query)).work, query).toBeLessThanOrEqual(100)
    const { fields } = await explainWith(client, `{ reports { ${allReports} } }`)
    expect(Math.max(...fields.map(({ work }) => work))).toBeLessThanOrEqual(100)
  })

  test('a user can send each documented query 100 times per minute with 5,000 tickets', async () => {
    const client = await clientWithTickets(5000 - 3)
    const documents = [
      // An import has the cost of a large file, which is unknown before it is received.
      ...examples.map(({ query }) => query).filter((query) => !query.includes('importTickets')),
      ...documentedQueries(),
      `{ reports { ${allReports} } }`,
      searchBox('a'),
    ]
    expect(documents.length).toBeGreaterThan(15)
    for (const query of documents) {
      const { requested } = await explainWith(client, query)
      expect(requested * 100, query).toBeLessThanOrEqual(200_000)
    }
  })

  test('an unknown project costs nothing', async () => {
    const client = await clientWithTickets(200_000)
    expect((await explainWith(client, '{ tickets(filter: { project: { eq: "NONE" } }) { totalCount } }')).work).toBe(1)
  })

  const explainWith = async (client: Client, query: string) => {
    const operation = parse(query).definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
    return (await client.ask(Explain, { query, variables: {}, operationName: operation?.name?.value ?? null }))
      .explainCost
  }

  /** The operations of the README and the documentation. */
  function documentedQueries(): string[] {
    const root = new URL('../', import.meta.url)
    const files = [
      'README.md',
      ...readdirSync(new URL('docs', root)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
    ]
    return files.flatMap((file) =>
      [...readFileSync(new URL(file, root), 'utf8').matchAll(/```graphql\n(.*?)```/gs)].flatMap(([, text = '']) =>
        /^\s*(query|\{)/.test(text) ? [dedent(text)] : [],
      ),
    )
  }
})

const dedent = (text: string) => text.replaceAll(/^ {3}/gm, '')

describe('spent points', () => {
  const spentBy = async (client: Client, query: string) => (await client.post({ query })).extensions?.cost

  test('counts the objects in the result', async () => {
    expect(await costOf('{ tickets(first: 50) { nodes { id } } }')).toEqual({ requested: 51, spent: 4, limit })
    expect(await costOf('{ ticket(id: "CORE-99") { id labels { name } } }')).toEqual({ requested: 6, spent: 1, limit })
    const nested = '{ tickets(first: 10) { nodes { comments(first: 5) { nodes { id } } history { nodes { id } } } } }'
    expect(await costOf(nested)).toMatchObject({ requested: 1 + 10 * (1 + 6 + 51), spent: expect.any(Number) })
  })

  test('counts the time of the database instead of work that took less', async () => {
    const client = await clientWithTickets(200_000)
    const { requested = 0, spent } =
      (await spentBy(client, '{ reports { flow(interval: DAY, from: "-P1D") { opened } } }')) ?? {}
    expect(requested).toBe(18_011)
    expect(spent).toBeLessThan(requested)
  })

  test('returns the points of a request that failed early', async () => {
    const client = await clientWithTickets(200_000, { SNAGLIST_RATE_POINTS: '25000' })
    const failing = [
      '{ tickets(first: 200, after: "x", orderBy: [{ field: TITLE }, { field: STATUS }]) { nodes { id } } }',
      '{ tickets(first: 201, filter: { title: { eq: "a" } }) { nodes { id } } }',
      '{ reports(timeZone: "Nowhere") { reopenRate(from: "-P1D") { rate } } }',
    ]
    for (const query of [...failing, ...failing, ...failing])
      expect((await client.post({ query })).errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })

  test('a person who types searches is not limited with 200,000 tickets', async () => {
    const client = await clientWithTickets(200_000, { SNAGLIST_RATE_POINTS: '200000' })
    for (let length = 1; length <= 10; length++) {
      const { errors } = await client.post({ query: searchBox('accelerate'.slice(0, length)) })
      expect(errors).toBeUndefined()
    }
    expect((await explainCostOf(client, searchBox('a'))).requested).toBeLessThan(200_000 / 60)
  })

  const explainCostOf = async (client: Client, query: string) =>
    (await client.ask(Explain, { query, variables: {} })).explainCost
})

test.each([
  [
    '{ tickets(first: 200) { nodes { comments(first: 200) { nodes { id } } } } }',
    'Query cost 40,401 exceeds the limit of 25,000. Most expensive: `tickets.nodes.comments.nodes` (40,000), `tickets.nodes` (200), `tickets.nodes.comments` (200). Lower the `first` or `last` of `tickets` to 123, or select less. `explainCost` lists all costs.',
  ],
  [
    '{ tickets(first: 1, filter: { description: { eq: "a", startsWith: "b", contains: "c" } }) { nodes { id } } }',
    'Query cost 154,002 exceeds the limit of 25,000. Most expensive: `tickets` (154,001), `tickets.nodes` (1). Filter by project, simplify `filter` and `orderBy`, or split the operation into several requests. `explainCost` lists all costs.',
  ],
  [
    '{ reports { a: flow(interval: DAY, from: "-P1D") { opened } b: flow(interval: DAY, from: "-P1D") { opened } ageing { count } } }',
    'Query cost 37,031 exceeds the limit of 25,000. Most expensive: `reports.a` (18,010), `reports.b` (18,010), `reports.ageing` (1,010). Without `reports.a`, it costs 19,021. `explainCost` lists all costs.',
  ],
])('names the most expensive fields and a remedy in the error of an expensive query: %s', async (query, message) => {
  const client = await clientWithTickets(200_000 - 3)
  expect((await client.post({ query })).errors?.map((error) => error.message)).toEqual([message])
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
