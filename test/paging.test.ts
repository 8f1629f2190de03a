import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PagingPageQuery, TicketFilter, TicketOrder } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createProject, signUp, type TestUser } from './support/people.ts'

const server = useServer({}, { fillsTables: true })
let ada: TestUser
let bob: TestUser

const Page = graphql(`
  query PagingPage(
    $filter: TicketFilter, $orderBy: [TicketOrder!], $first: Int, $after: String, $last: Int, $before: String, $offset: Int
  ) {
    tickets(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before, offset: $offset) {
      totalCount
      nodes { id }
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`)

interface ListArguments {
  readonly filter?: TicketFilter
  readonly orderBy?: TicketOrder[]
}

const projects = ['ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT'] as const
const ticketCount = 60
const maxChanges = 30

/** Random tickets with few values per column, so that there are many ties. Every second one is in one project. */
async function insertRandomTickets(seed: number): Promise<void> {
  await server.database.pool.query('DELETE FROM tickets')
  await server.database.pool.query(
    `INSERT INTO tickets (project_id, number, kind, title, status, resolution, priority, reporter_id, created_at, updated_at,
       resolved_at, category, reported_by, severity)
     SELECT (SELECT id FROM projects ORDER BY key OFFSET random.project LIMIT 1), n, kind, title, status::ticket_status,
       CASE WHEN done THEN 'FIXED'::resolution END, priority::priority, $2, at, at + day * (random.b % 3),
       CASE WHEN done THEN at + day END, CASE kind WHEN 'DEFECT' THEN 'Any' END, CASE kind WHEN 'DEFECT' THEN 'Any' END,
       CASE kind WHEN 'DEFECT' THEN (enum_range(NULL::severity))[1 + random.c % 3] END
     FROM (SELECT n, abs(hashint4(n + $1)) AS a, abs(hashint4(n * 3 + $1)) AS b, abs(hashint4(n * 7 + $1)) AS c,
             abs(hashint4(n * 5 + $1)) % 2 * (abs(hashint4(n * 11 + $1)) % 8) AS project FROM generate_series(1, $3::integer) n) random
     CROSS JOIN LATERAL (SELECT CASE WHEN a % 2 = 0 THEN 'ISSUE' ELSE 'DEFECT' END::ticket_kind AS kind,
       (ARRAY['alpha', 'Beta', 'beta', 'Ärger', 'zeta "x"'])[1 + b % 5] AS title, (enum_range(NULL::ticket_status))[1 + c % 4] AS status,
       c % 4 >= 2 AS done, (enum_range(NULL::priority))[1 + a % 4] AS priority,
       timestamptz '2026-01-01' + make_interval(days => b % 4) AS at, interval '1 day' AS day) ticket`,
    [seed, ada.id, ticketCount],
  )
  await server.database.pool.query(
    `INSERT INTO comments (ticket_id, author_id, body, created_at)
     SELECT id, $1, 'Said', created_at + interval '1 day' * (number % 3) FROM tickets WHERE number % 4 > 0`,
    [ada.id],
  )
}

const projectsOfBob = ['ONE', 'TWO', 'FOUR', 'FIVE', 'SIX', 'SEVEN'] as const

/** Viewers and filters with the projects of their tickets. */
const readerOfMany = { reader: () => bob, filter: {}, projectKeys: projectsOfBob }
const readers = [
  { reader: () => ada, filter: {}, projectKeys: projects },
  readerOfMany,
  { reader: () => bob, filter: { project: { eq: 'TWO' } }, projectKeys: ['TWO'] },
  { reader: () => ada, filter: { project: { in: ['ONE', 'THREE'] } }, projectKeys: ['ONE', 'THREE'] },
]

beforeAll(async () => {
  ada = await signUp(server, 'ada')
  bob = await signUp(server, 'bob')
  for (const key of projects) await createProject(ada, key)
  const { pool } = server.database
  await pool.query(`INSERT INTO project_members SELECT id, $1, 'VIEWER' FROM projects WHERE key = ANY($2)`, [
    bob.id,
    projectsOfBob,
  ])
  // By these numbers, Bob's lists are read per project.
  await pool.query("UPDATE projects SET last_number = CASE key WHEN 'EIGHT' THEN 10000 ELSE 10 END")
})

const orders: fc.Arbitrary<TicketOrder[]> = fc.uniqueArray(
  fc.record({
    field: fc.constantFrom(
      'CREATED_AT',
      'UPDATED_AT',
      'RESOLVED_AT',
      'NUMBER',
      'TITLE',
      'STATUS',
      'PRIORITY',
      'SEVERITY',
      'COMMENTED_AT',
    ),
    direction: fc.constantFrom('ASC', 'DESC'),
    nulls: fc.constantFrom('FIRST', 'LAST'),
  }),
  { maxLength: 3, selector: ({ field }) => field },
)

/** Orders of which each direction is read from an index. */
const indexedOrders: fc.Arbitrary<TicketOrder[]> = fc
  .record({
    fields: fc.constantFrom<TicketOrder['field'][][]>(
      ['TITLE'],
      ['RESOLVED_AT'],
      ['SEVERITY'],
      ['PRIORITY'],
      ['PRIORITY', 'CREATED_AT'],
      ['STATUS', 'PRIORITY'],
      ['STATUS', 'CREATED_AT'],
      ['SEVERITY', 'CREATED_AT'],
    ),
    directions: fc.tuple(fc.constantFrom('ASC', 'DESC'), fc.constantFrom('ASC', 'DESC')),
    nulls: fc.constantFrom('FIRST', 'LAST'),
  })
  .map(({ fields, directions, nulls }) =>
    fields.map((field, index) => ({ field, direction: directions[index] ?? 'ASC', nulls })),
  )

const filters: fc.Arbitrary<TicketFilter> = fc.constantFrom<TicketFilter>(
  {},
  { kind: 'DEFECT' },
  { project: { in: ['ONE', 'three'] } },
  { status: { notIn: ['CLOSED'] }, priority: { gte: 'MEDIUM' } },
  { or: [{ title: { contains: 'ET' } }, { resolvedAt: { isNull: true } }] },
  { not: { resolution: { eq: 'FIXED' } } },
)

async function readWholeList(list: ListArguments): Promise<string[]> {
  const { tickets } = await ada.ask(Page, { ...list, first: 200 })
  expect(tickets.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false })
  expect(tickets.totalCount).toBe(tickets.nodes.length)
  return tickets.nodes.map(({ id }) => id)
}

/** Reads a list page by page; `between` runs after each page. */
async function readPages(
  list: ListArguments,
  size: number,
  backward: boolean,
  between: (ids: readonly string[]) => Promise<void> = async () => {},
  client = ada,
) {
  const ids: string[] = []
  for (let cursor: string | null = null; ; ) {
    const page: PagingPageQuery = await client.ask(Page, {
      ...list,
      ...(backward
        ? { first: null, after: null, last: size, before: cursor }
        : { first: size, after: cursor, last: null, before: null }),
    })
    const { nodes, edges, pageInfo } = page.tickets
    expect(edges.map(({ node }) => node.id)).toEqual(nodes.map(({ id }) => id))
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([
      edges.at(0)?.cursor ?? null,
      edges.at(-1)?.cursor ?? null,
    ])
    const pageIds = nodes.map(({ id }) => id)
    if (backward) ids.unshift(...pageIds)
    else ids.push(...pageIds)
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return ids
    expect(pageIds).toHaveLength(size)
    cursor = (backward ? pageInfo.startCursor : pageInfo.endCursor) ?? null
    await between(ids)
  }
}

const sortKeys: Readonly<Record<string, string>> = {
  TITLE: 'fold_case(t.title) COLLATE "C"',
  COMMENTED_AT: '(SELECT max(c.created_at) FROM comments c WHERE c.ticket_id = t.id AND c.deleted_at IS NULL)',
}

/** The ids of the tickets of projects, sorted by one query. */
async function sortedIds(orderBy: readonly TicketOrder[], projectKeys: readonly string[]): Promise<string[]> {
  const last = orderBy.at(-1) ?? { field: 'CREATED_AT', direction: 'DESC' }
  const keys = orderBy.map(
    ({ field, direction, nulls }) => `${sortKeys[field] ?? `t.${field}`} ${direction} NULLS ${nulls}`,
  )
  const ties = /STATUS|PRIORITY|SEVERITY/.test(last.field) ? ['t.created_at', 't.id'] : ['t.id']
  const { rows } = await server.database.pool.query<{ id: string }>(
    `SELECT t.id FROM tickets t JOIN projects p ON p.id = t.project_id WHERE p.key = ANY($1)
     ORDER BY ${[...(orderBy.length > 0 ? keys : ['t.created_at DESC']), ...ties.map((key) => `${key} ${last.direction}`)].join(', ')}`,
    [projectKeys],
  )
  return rows.map(({ id }) => id)
}

describe('joined pages', () => {
  test('returns the tickets of visible projects in the order of one sort, from an index or not', async () => {
    const sizes = fc.integer({ min: 1, max: 25 })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        fc.oneof(orders, indexedOrders),
        sizes,
        fc.boolean(),
        fc.constantFrom(...readers),
        async (seed, orderBy, size, backward, { reader, filter, projectKeys }) => {
          await insertRandomTickets(seed)
          const ids = await readPages({ orderBy, filter }, size, backward, undefined, reader())
          expect(ids).toEqual(await sortedIds(orderBy, projectKeys))
        },
      ),
      { numRuns: 12, examples: [[1, [{ field: 'TITLE', direction: 'ASC', nulls: 'LAST' }], 5, false, readerOfMany]] },
    )
    expect(server.statements.some((statement) => statement.includes('WITH heads'))).toBe(true)
  })

  test('returns pages that together equal the whole list, for random data, filters, orders, page sizes and directions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        filters,
        orders,
        fc.integer({ min: 1, max: 25 }),
        fc.boolean(),
        async (seed, filter, orderBy, size, backward) => {
          await insertRandomTickets(seed)
          const list = { filter, orderBy }
          expect(await readPages(list, size, backward)).toEqual(await readWholeList(list))
        },
      ),
      { numRuns: 10 },
    )
  })

  test('neither repeats nor skips unchanged rows on pages read during changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        orders,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (seed, orderBy, size, backward) => {
          await insertRandomTickets(seed)
          const before = await readWholeList({ orderBy })
          const changedIds = new Set<string>()
          let step = seed
          const changeTickets = async () => {
            // Limits the inserts, so that reading the pages ends.
            if (step - seed >= maxChanges) return
            const deletedId = before[++step % before.length] as string
            const movedId = before[(step * 7 + 3) % before.length] as string
            changedIds.add(deletedId).add(movedId)
            const { pool } = server.database
            await pool.query('DELETE FROM tickets WHERE id = $1', [deletedId])
            await pool.query(
              `UPDATE tickets SET title = 'moved', priority = 'URGENT', created_at = created_at + interval '36 hours' WHERE id = $1`,
              [movedId],
            )
            await pool.query(
              `INSERT INTO tickets (project_id, number, kind, title, reporter_id) SELECT project_id, 1000 + $1, 'ISSUE', 'new', reporter_id FROM tickets LIMIT 1`,
              [step - seed],
            )
          }
          const ids = await readPages({ orderBy }, size, backward, changeTickets)
          const idsBefore = new Set(before)
          const unchangedOf = (all: readonly string[]) => all.filter((id) => idsBefore.has(id) && !changedIds.has(id))
          expect(unchangedOf(ids)).toEqual(unchangedOf(before))
        },
      ),
      { numRuns: 6 },
    )
  })

  test('returns pages by offset that together equal the whole list', async () => {
    await insertRandomTickets(7)
    const list = { filter: { kind: 'ISSUE' as const }, orderBy: [{ field: 'PRIORITY' as const }] }
    const ids: string[] = []
    for (let offset = 0; ; offset += 7) {
      const { nodes, pageInfo } = (await ada.ask(Page, { ...list, first: 7, offset })).tickets
      expect(pageInfo.hasPreviousPage).toBe(offset > 0)
      ids.push(...nodes.map(({ id }) => id))
      if (!pageInfo.hasNextPage) break
    }
    expect(ids).toEqual(await readWholeList(list))
  })
})

test('returns the tickets of more than 200 visible projects in the order of one sort', async () => {
  await insertRandomTickets(5)
  const { pool } = server.database
  await pool.query(
    `INSERT INTO projects (key, name, default_role) SELECT 'X' || n, 'Project', 'VIEWER' FROM generate_series(1, 200) n`,
  )
  for (const field of ['PRIORITY', 'RESOLVED_AT', 'UPDATED_AT'] as const) {
    const orderBy: TicketOrder[] = [{ field, direction: 'DESC', nulls: 'LAST' }]
    const ids = await readPages({ orderBy }, 15, false, undefined, bob)
    expect(ids).toEqual(await sortedIds(orderBy, projectsOfBob))
  }
  await pool.query(`DELETE FROM projects WHERE key LIKE 'X%'`)
})

test('returns the rows between two cursors', async () => {
  await insertRandomTickets(11)
  const { edges } = (await ada.ask(Page, { first: 20 })).tickets
  const between = { after: edges[4]?.cursor ?? null, before: edges[15]?.cursor ?? null }
  const expected = edges.slice(5, 15).map(({ node }) => node.id)
  expect((await ada.ask(Page, { ...between, first: 50 })).tickets.nodes.map(({ id }) => id)).toEqual(expected)
  expect((await ada.ask(Page, { ...between, last: 3 })).tickets.nodes.map(({ id }) => id)).toEqual(expected.slice(-3))
})

test('returns pages of 50 rows by default, and of none for first: 0', async () => {
  await insertRandomTickets(3)
  expect((await ada.ask(Page, {})).tickets.nodes).toHaveLength(50)
  const { nodes, totalCount, pageInfo } = (await ada.ask(Page, { first: 0 })).tickets
  expect([nodes, totalCount, pageInfo]).toEqual([
    [],
    ticketCount,
    { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
  ])
})

test('sorts tickets newest first by default, and those of the same time by id', async () => {
  await insertRandomTickets(5)
  const { rows: expected } = await server.database.pool.query<{ id: string }>(
    'SELECT id FROM tickets ORDER BY created_at DESC, id DESC',
  )
  expect(await readWholeList({})).toEqual(expected.map(({ id }) => id))
})

test('counts only for totalCount, and reads no rows for totalCount alone', async () => {
  server.statements.length = 0
  await ada.ask(graphql(`query PagingNodes { tickets(first: 2) { nodes { id } } }`))
  expect(server.statements.filter((sql) => sql.includes('count('))).toEqual([])
  server.statements.length = 0
  await ada.ask(graphql(`query PagingTotal { tickets(first: 2) { totalCount } }`))
  expect(server.statements.filter((sql) => sql.includes('FROM tickets'))).toHaveLength(1)
})
