import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { TicketFilter, TicketOrder } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createTestProject } from './support/contents.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'
import { captureStatements, planOf, rowsRead } from './support/plans.ts'

const server = useServer({}, { fillsTables: true })
let users: TestUsers
const pageSize = 50
const ticketCount = 20_000

const Page = graphql(`
  query PlansPage($filter: TicketFilter, $orderBy: [TicketOrder!], $first: Int, $after: String, $offset: Int) {
    tickets(filter: $filter, orderBy: $orderBy, first: $first, after: $after, offset: $offset) {
      nodes { id key title }
      pageInfo { hasNextPage endCursor }
    }
  }
`)
const Count = graphql(`query PlansCount($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)

const newestFirst: TicketOrder[] = [{ field: 'CREATED_AT', direction: 'DESC' }]

describe.runIf(inject('postgres'))(`plans with ${ticketCount} tickets in four projects`, () => {
  beforeAll(async () => {
    users = await createTestUsers(server)
    for (const key of ['TWO', 'THREE', 'FOUR']) await createTestProject(users, key)
    const { pool } = server.database
    await pool.query(
      `INSERT INTO tickets (project_id, number, kind, title, status, resolution, resolved_at, reporter_id, assignee_id, created_at, updated_at,
         category, reported_by, severity)
       SELECT p.id, 1 + n / 4, kind, 'Ticket ' || n, status, CASE WHEN done THEN 'FIXED'::resolution END,
         CASE WHEN done THEN at END, CASE WHEN n % 5 = 0 THEN $1 ELSE $2 END::uuid,
         CASE WHEN n % 7 = 0 THEN $1 WHEN n % 7 < 4 THEN $2 END::uuid, at, at + make_interval(secs => n % 86400),
         CASE kind WHEN 'DEFECT' THEN 'Any' END, CASE kind WHEN 'DEFECT' THEN 'Any' END, CASE kind WHEN 'DEFECT' THEN 'MINOR'::severity END
       FROM generate_series(0, $3::integer - 1) n
       CROSS JOIN LATERAL (SELECT CASE WHEN n / 4 % 3 = 0 THEN 'DEFECT' ELSE 'ISSUE' END::ticket_kind AS kind,
         (enum_range(NULL::ticket_status))[1 + n / 8 % 4] AS status, n / 8 % 4 >= 2 AS done,
         timestamptz '2026-01-01' + make_interval(mins => n) AS at) ticket
       JOIN (SELECT id, row_number() OVER (ORDER BY key) - 1 AS position FROM projects) p ON p.position = n % 4`,
      [users.contributor.id, users.reporter.id, ticketCount],
    )
    await pool.query(
      'UPDATE projects p SET last_number = (SELECT max(number) FROM tickets t WHERE t.project_id = p.id)',
    )
    await pool.query('VACUUM ANALYZE')
  })

  const all = { filter: null, orderBy: null, first: pageSize, after: null, offset: null }
  const page = (
    variables: { filter?: TicketFilter; orderBy?: TicketOrder[]; after?: string },
    client = users.contributor,
  ) => client.ask(Page, { ...all, ...variables })

  async function expectBounded(ask: () => Promise<unknown>, returned = pageSize) {
    const plan = await planOf(server, ask)
    const text = JSON.stringify(plan, null, 1)
    expect(plan, text).not.toEqual([])
    expect(
      plan.map((node) => node['Node Type']),
      text,
    ).not.toContain('Seq Scan')
    expect(rowsRead(plan), text).toBeLessThanOrEqual(returned + 1 + 2 * (pageSize + 1))
  }

  const lists: [string, { filter?: TicketFilter; orderBy?: TicketOrder[] }][] = [
    ['all tickets', {}],
    ['one project', { filter: { project: { eq: 'TWO' } } }],
    ['two projects', { filter: { project: { in: ['TWO', 'FOUR'] } }, orderBy: newestFirst }],
    ['one project by status', { filter: { project: { eq: 'TWO' }, status: { eq: 'OPEN' } }, orderBy: newestFirst }],
    ['all tickets ordered by last change', { orderBy: [{ field: 'UPDATED_AT', direction: 'DESC' }] }],
    [
      'one project ordered by last change',
      { filter: { project: { eq: 'TWO' } }, orderBy: [{ field: 'UPDATED_AT', direction: 'DESC' }] },
    ],
    ['one project ordered by number', { filter: { project: { eq: 'TWO' } }, orderBy: [{ field: 'NUMBER' }] }],
    ['tickets assigned to the viewer', { filter: { assignee: { isViewer: true } }, orderBy: newestFirst }],
    ['tickets assigned to a user', { filter: { assignee: { eq: 'reporter' } }, orderBy: newestFirst }],
    ['tickets reported by a user', { filter: { reporter: { eq: 'contributor' } }, orderBy: newestFirst }],
  ]

  test.each(lists)('reads a bounded number of rows for the first page: %s', async (_description, list) => {
    await expectBounded(() => page(list))
    await expectBounded(() => page(list, users.admin))
  })

  test('uses the indexes of words and of parts of words for a search', async () => {
    for (const client of [users.contributor, users.admin]) {
      const [statement] = await captureStatements(server, () =>
        page({ filter: { search: '12345' }, orderBy: newestFirst }, client),
      )
      const { rows } = await server.database.pool.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ${statement?.text}`,
        statement?.values,
      )
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      expect(plan).toContain('ticket_texts_words_idx')
      expect(plan).toContain('ticket_texts_body_idx')
      expect(plan).not.toContain('Seq Scan on ticket_texts')
    }
  })

  test.each(lists)('reads a bounded number of rows at a deep cursor: %s', async (_description, list) => {
    let after = ''
    for (let pages = 0; pages < 4; pages++) {
      const { nodes, pageInfo } = (
        await users.contributor.ask(Page, { ...all, ...list, first: 200, ...(after && { after }) })
      ).tickets
      expect(nodes).toHaveLength(200)
      after = pageInfo.endCursor ?? ''
    }
    await expectBounded(() => page({ ...list, after }))
  })

  test('reads a bounded number of rows for issues of a project, nested and by filter', async () => {
    const nested = graphql(
      `query PlansNested { project(id: "TWO") { issues(first: 50, orderBy: [{ field: CREATED_AT, direction: DESC }]) { nodes { id title } } } }`,
    )
    const filtered = graphql(
      `query PlansIssues { issues(first: 50, filter: { project: { eq: "TWO" } }) { nodes { id title } } }`,
    )
    await expectBounded(() => users.contributor.ask(nested))
    await expectBounded(() => users.contributor.ask(filtered))
  })

  test('reads one row for a ticket by key or id', async () => {
    const document = graphql(`query PlansTicket($id: ID!) { ticket(id: $id) { id title project { key } } }`)
    const { ticket } = await users.contributor.ask(document, { id: 'TWO-4000' })
    for (const id of ['TWO-4000', ticket?.id ?? '']) {
      const plan = await planOf(server, () => users.contributor.ask(document, { id }))
      expect(plan.map((node) => node['Node Type'])).not.toContain('Seq Scan')
      expect(rowsRead(plan)).toBe(1)
    }
  })

  test('counts a project by status with an index-only scan', async () => {
    const filter: TicketFilter = { project: { eq: 'TWO' }, status: { eq: 'OPEN' } }
    const plan = await planOf(server, () => users.contributor.ask(Count, { filter }))
    expect(plan).toMatchObject([{ 'Node Type': 'Index Only Scan', 'Heap Fetches': 0 }])
    expect(rowsRead(plan)).toBe(1250)
  })

  test.each([
    ['all tickets', {}],
    ['one project', { project: { eq: 'TWO' } }],
    ['one project by status', { project: { eq: 'TWO' }, status: { eq: 'OPEN' } }],
  ] satisfies [string, TicketFilter][])(
    'skips rows of an offset with an index-only scan: %s',
    async (_description, filter) => {
      const offset = 1000
      const plan = await planOf(server, () =>
        users.contributor.ask(Page, { ...all, filter, orderBy: newestFirst, offset }),
      )
      const text = JSON.stringify(plan, null, 1)
      const [indexScans = [], rowScans = []] = [
        plan.filter((node) => node['Node Type'] === 'Index Only Scan'),
        plan.filter((node) => node['Node Type'] !== 'Index Only Scan'),
      ]
      expect(indexScans, text).toMatchObject([{ 'Heap Fetches': 0 }])
      expect(rowsRead(indexScans), text).toBeLessThanOrEqual(offset + pageSize + 1)
      expect(rowsRead(rowScans), text).toBeLessThanOrEqual(pageSize + 1)
      expect(
        rowScans.map((node) => node['Node Type']),
        text,
      ).not.toContain('Seq Scan')
    },
  )
})
