import { beforeAll, describe, expect, test } from 'vitest'
import { createDocumentCache } from '../src/graphql/document-cache.ts'
import { schema } from '../src/schema.ts'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUser, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

beforeAll(async () => {
  users = await createTestUsers(server)
  for (const title of ['One', 'Two', 'Three']) await createIssue(users.contributor, 'CORE', title)
  await server.database.pool.query('UPDATE tickets SET archived_at = now() WHERE number = 3')
})

const fragment = 'fragment F on Issue { title }'

// Queries are compiled at their second run.
describe('compiled query', () => {
  test.each<[string, string, object]>([
    ['an omitted nested variable', 'query ($a: Boolean) { tickets(filter: { archived: $a }) { totalCount } }', {}],
    [
      'an omitted variable in a list',
      'query ($s: TicketStatus = OPEN) { tickets(filter: { status: { in: [$s] } }) { totalCount } }',
      {},
    ],
    [
      'a nested variable that is null',
      'query ($a: Boolean) { tickets(filter: { archived: $a }) { totalCount } }',
      { a: null },
    ],
    ['an omitted variable of an argument', 'query ($n: Int) { tickets(first: $n) { nodes { key } } }', {}],
    [
      'a fragment spread with and without a directive',
      `query ($y: Boolean!) { issue(id: "CORE-1") { ...F @skip(if: $y) ...F } } ${fragment}`,
      { y: true },
    ],
    [
      'a fragment that is skipped at one of two spreads',
      `query ($y: Boolean!) { a: issue(id: "CORE-1") { ...F @skip(if: $y) } b: issue(id: "CORE-2") { ...F } } ${fragment}`,
      { y: true },
    ],
    [
      'coerced values',
      'query ($f: TicketFilter, $o: [TicketOrder!]) { tickets(filter: $f, orderBy: $o) { nodes { key } } }',
      {
        f: { and: { createdAt: { gte: '-P1D' }, or: [{ id: { in: 'CORE-1' } }, { archived: true }] } },
        o: { field: 'TITLE' },
      },
    ],
    [
      'an invalid value in a filter',
      'query ($f: TicketFilter) { tickets(filter: $f) { nodes { key } } }',
      { f: { and: [{ createdAt: { gte: 'soon' } }, { status: { eq: 'LOST' } }] } },
    ],
    [
      'a variable named __proto__',
      'query ($__proto__: TicketFilter) { tickets(filter: $__proto__) { nodes { key } } }',
      JSON.parse('{ "__proto__": { "id": { "eq": "CORE-1" } } }'),
    ],
    ['the name of the internal scalar', 'query ($n: String!) { __type(name: $n) { name } }', { n: 'CoercedValue' }],
    ['an invalid argument', '{ ticket(id: "???") { key } }', {}],
    [
      'an invalid argument of a nested field',
      '{ ticket(id: "CORE-1") { key comments(first: 1000) { totalCount } } }',
      {},
    ],
    ['an alias named __proto__', '{ __proto__: __typename constructor: __typename }', {}],
  ])('returns the same result compiled as interpreted: %s', async (_description, query, variables) => {
    const responses: unknown[] = []
    for (let time = 0; time < 4; time++) {
      const { data, errors } = await users.viewer.post({ query, variables })
      responses.push(JSON.parse(JSON.stringify({ data, errors })))
    }
    for (const response of responses) expect(response).toEqual(responses[0])
  })
})

test('counts executions by mode, and interprets all queries with SNAGLIST_COMPILE=0', async () => {
  const query = '{ viewer { username role } }'
  const modesOf = async (env: Readonly<Record<string, string>>) => {
    const { app } = server.withSettings({ SNAGLIST_METRICS_TOKEN: 'metrics-of-compiled-queries', ...env })
    const client = Object.assign(Object.create(users.viewer), { app }) as TestUser
    for (const body of [query, query, query, '{ ticket(id: "?") { key } }', '{ ticket(id: "?") { key } }'])
      await client.post({ query: body })
    const metrics = await app.metrics?.text()
    await app.dispose()
    return Object.fromEntries(
      [...(metrics ?? '').matchAll(/snaglist_operation_runs_total\{mode="(\w+)"\} (\d+)/g)].map(([, mode, count]) => [
        mode,
        Number(count),
      ]),
    )
  }
  expect(await modesOf({})).toEqual({ interpreted: 2, compiled: 3, rerun: 1 })
  expect(await modesOf({ SNAGLIST_COMPILE: '0' })).toEqual({ interpreted: 5 })
})

describe('document cache', () => {
  const times = (count: number, piece: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => piece(index)).join(' ')
  const fields = times(70, () => '... { id username name }')
  /** A document of operations of the largest size that is compiled. */
  const manyOperations = (count: number, variables = '', use = '') =>
    `${times(count, (n) => `query Q${n}${variables} { viewer { ...F } ${use} }`)} fragment F on User { ${fields} }`
  const createCache = () => createDocumentCache({ schema, suggestions: false, compilation: true, onRun: () => {} })

  /** Caches a document, runs or reads all its operations, and returns true if it is still cached. */
  async function staysCached(query: string, count: number, runs: boolean): Promise<boolean> {
    const documents = createCache()
    documents.read(query)
    const document = documents.read(query)
    expect(document.errors).toEqual([])
    for (let n = 0; n < count; n++) {
      const operation = document.operation(`Q${n}`)
      // An evicted document can still be compiled and run.
      if (runs) expect(await operation?.run({ viewer: null }, {})).toMatchObject({ data: { viewer: null } })
    }
    return documents.read(query) === document
  }

  test('keeps a document with a few compiled operations', async () => {
    expect(await staysCached(manyOperations(5), 5, true)).toBe(true)
  })

  test('drops a document with a hundred compiled operations', async () => {
    expect(await staysCached(manyOperations(100), 100, true)).toBe(false)
  })

  test('drops a document with thirty compiled operations that have filters in their variables', async () => {
    const query = manyOperations(
      30,
      '($filter: IssueFilter)',
      'project(id: "CORE") { issues(filter: $filter) { totalCount } }',
    )
    expect(await staysCached(query, 30, true)).toBe(false)
  })

  test('drops a document with a hundred large cost trees', async () => {
    const doublingFragments = times(6, (n) => `fragment F${n} on Ticket { ...F${n + 1} ...F${n + 1} }`)
    const large = `fragment F6 on Ticket { ${times(4, () => '... { project { id } }')} }`
    const query = `${times(100, (n) => `query Q${n} { tickets { nodes { ...F0 } } }`)} ${doublingFragments} ${large}`
    expect(await staysCached(query, 2, false)).toBe(true)
    expect(await staysCached(query, 100, false)).toBe(false)
  })

  test('evicts cached documents when others grow by compilation', async () => {
    const documents = createCache()
    // Each grows to about 5 MB.
    const queries = Array.from({ length: 20 }, (_, n) => `${manyOperations(2)} #${n}`)
    const cachedDocuments = []
    for (const query of queries) {
      documents.read(query)
      const document = documents.read(query)
      for (const name of ['Q0', 'Q1']) await document.operation(name)?.run({ viewer: null }, {})
      cachedDocuments.push(document)
    }
    expect(documents.read(queries.at(-1) ?? '')).toBe(cachedDocuments.at(-1))
    expect(documents.read(queries[0] ?? '')).not.toBe(cachedDocuments[0])
  })

  test('evicts only the least recently used cached documents', () => {
    const documents = createCache()
    const usedQuery = '{ viewer { id } }'
    documents.read(usedQuery)
    const document = documents.read(usedQuery)
    const other = (n: number) => `{ viewer { id } } #${n}${' '.repeat(14_900)}`
    documents.read(other(0))
    const first = documents.read(other(0))
    for (let n = 1; n < 60; n++) {
      documents.read(other(n))
      documents.read(other(n))
      expect(documents.read(usedQuery)).toBe(document)
    }
    expect(documents.read(other(59))).toBe(documents.read(other(59)))
    expect(documents.read(other(0))).not.toBe(first)
  })
})
