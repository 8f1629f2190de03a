import { beforeAll, describe, expect, test } from 'vitest'
import type { Context } from '../src/context.ts'
import { rememberDocuments } from '../src/document/documents.ts'
import { schema } from '../src/schema.ts'
import { useServer } from './support/app.ts'
import { type Cast, castOf, createIssue } from './support/people.ts'

const server = useServer()
let cast: Cast

beforeAll(async () => {
  cast = await castOf(server)
  for (const title of ['One', 'Two', 'Three']) await createIssue(cast.contributor, 'CORE', title)
  await server.database.pool.query('UPDATE tickets SET archived_at = now() WHERE number = 3')
})

const fragment = 'fragment F on Issue { title }'

// Queries are compiled when they come for the second time. What the compiler would do otherwise is left to the interpreter.
describe('a query that comes again is answered as the first time', () => {
  test.each<[string, string, object]>([
    [
      'an inner variable that is left out',
      'query ($a: Boolean) { tickets(filter: { archived: $a }) { totalCount } }',
      {},
    ],
    [
      'an inner variable that is left out of a list',
      'query ($s: TicketStatus = OPEN) { tickets(filter: { status: { in: [$s] } }) { totalCount } }',
      {},
    ],
    [
      'an inner variable that is null',
      'query ($a: Boolean) { tickets(filter: { archived: $a }) { totalCount } }',
      { a: null },
    ],
    ['an outer variable that is left out', 'query ($n: Int) { tickets(first: $n) { nodes { key } } }', {}],
    [
      'a fragment with a directive, and without',
      `query ($y: Boolean!) { issue(id: "CORE-1") { ...F @skip(if: $y) ...F } } ${fragment}`,
      { y: true },
    ],
    [
      'a fragment in two places, left out of one',
      `query ($y: Boolean!) { a: issue(id: "CORE-1") { ...F @skip(if: $y) } b: issue(id: "CORE-2") { ...F } } ${fragment}`,
      { y: true },
    ],
    [
      'values that are coerced',
      'query ($f: TicketFilter, $o: [TicketOrder!]) { tickets(filter: $f, orderBy: $o) { nodes { key } } }',
      {
        f: { and: { createdAt: { gte: '-P1D' }, or: [{ id: { in: 'CORE-1' } }, { archived: true }] } },
        o: { field: 'TITLE' },
      },
    ],
    [
      'a value in a filter that is none',
      'query ($f: TicketFilter) { tickets(filter: $f) { nodes { key } } }',
      { f: { and: [{ createdAt: { gte: 'soon' } }, { status: { eq: 'LOST' } }] } },
    ],
    [
      'a variable that objects know',
      'query ($__proto__: TicketFilter) { tickets(filter: $__proto__) { nodes { key } } }',
      JSON.parse('{ "__proto__": { "id": { "eq": "CORE-1" } } }'),
    ],
    ['what the compiler calls variables', 'query ($n: String!) { __type(name: $n) { name } }', { n: 'Coerced' }],
    ['a fault of an argument', '{ ticket(id: "???") { key } }', {}],
    ['a fault further in', '{ ticket(id: "CORE-1") { key comments(first: 1000) { totalCount } } }', {}],
    ['an alias that objects know', '{ __proto__: __typename constructor: __typename }', {}],
  ])('%s', async (_what, query, variables) => {
    const answers: unknown[] = []
    for (let time = 0; time < 4; time++) {
      const { data, errors } = await cast.viewer.post({ query, variables })
      answers.push(JSON.parse(JSON.stringify({ data, errors })))
    }
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })
})

describe('what is remembered is not endless:', () => {
  const times = (count: number, piece: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => piece(index)).join(' ')
  const fields = times(70, () => '... { id username name }')
  /** A document of operations that are as large as any that is compiled. */
  const manyOperations = (count: number, variables = '', use = '') =>
    `${times(count, (n) => `query Q${n}${variables} { viewer { ...F } ${use} }`)} fragment F on User { ${fields} }`
  /** Sends it twice, which has it remembered, and runs or reads all its operations; says whether it still is. */
  async function remembered(query: string, count: number, runs: boolean): Promise<boolean> {
    const documents = rememberDocuments({ schema, suggesting: false })
    documents(query)
    const read = documents(query)
    expect(read.faults).toEqual([])
    for (let n = 0; n < count; n++) {
      const operation = read.operation(`Q${n}`)
      // In use, it can be compiled and run even when it was forgotten.
      if (runs) expect(await operation?.run({ viewer: null } as Context, {})).toMatchObject({ data: { viewer: null } })
    }
    return documents(query) === read
  }

  test('a few compiled operations of a document are', async () => {
    expect(await remembered(manyOperations(5), 5, true)).toBe(true)
  })

  test('a hundred of one document are not', async () => {
    expect(await remembered(manyOperations(100), 100, true)).toBe(false)
  })

  test('those with filters in their variables are compiled, too', async () => {
    const query = manyOperations(
      30,
      '($filter: IssueFilter)',
      'project(id: "CORE") { issues(filter: $filter) { totalCount } }',
    )
    expect(await remembered(query, 30, true)).toBe(false)
  })

  test('nor are the prices of a hundred large ones', async () => {
    const doubled = times(6, (n) => `fragment F${n} on Ticket { ...F${n + 1} ...F${n + 1} }`)
    const large = `fragment F6 on Ticket { ${times(4, () => '... { project { id } }')} }`
    const query = `${times(100, (n) => `query Q${n} { tickets { nodes { ...F0 } } }`)} ${doubled} ${large}`
    expect(await remembered(query, 2, false)).toBe(true)
    expect(await remembered(query, 100, false)).toBe(false)
  })
})
