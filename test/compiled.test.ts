import { beforeAll, describe, expect, test } from 'vitest'
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
