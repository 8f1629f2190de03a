import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { OrderDirection, TicketFilter, TicketOrder, TicketOrderField } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { signUp, type TestUser } from './support/people.ts'
import { planOf, rowsRead } from './support/plans.ts'

const server = useServer({}, { fillsTables: true })
const projectCount = 20
const ticketsPerProject = 1000
const pageSize = 50
let member: TestUser
let quietMember: TestUser

const Page = graphql(`
  query OrderPlansPage(
    $filter: TicketFilter, $orderBy: [TicketOrder!], $first: Int, $after: String, $last: Int, $before: String, $offset: Int
  ) {
    tickets(
      filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before, offset: $offset
    ) {
      nodes { id title }
      pageInfo { endCursor }
    }
  }
`)
const Count = graphql(`query OrderPlansCount($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)
const ProjectSearch = graphql(`
  query OrderPlansProjectSearch($search: String!) {
    project(id: "P7") {
      issues(filter: { search: $search }) { totalCount }
      defects(filter: { search: $search }) { totalCount }
    }
  }
`)
const noBounds = { first: null, after: null, last: null, before: null, offset: null }

const order = (...keys: [TicketOrderField, OrderDirection][]): TicketOrder[] =>
  keys.map(([field, direction]) => ({ field, direction }))

const directions: readonly OrderDirection[] = ['ASC', 'DESC']
const orders = [
  ...(
    ['CREATED_AT', 'UPDATED_AT', 'RESOLVED_AT', 'NUMBER', 'TITLE', 'STATUS', 'PRIORITY', 'SEVERITY'] as const
  ).flatMap((field) => directions.map((direction) => order([field, direction]))),
  ...directions.map((direction) => order(['PRIORITY', 'DESC'], ['CREATED_AT', direction])),
  order(['STATUS', 'ASC'], ['PRIORITY', 'ASC']),
  order(['STATUS', 'DESC'], ['PRIORITY', 'DESC']),
  order(['STATUS', 'ASC'], ['PRIORITY', 'DESC']),
].map((orderBy) => ({ orderBy, name: orderBy.map(({ field, direction }) => `${field} ${direction}`).join(', ') }))

describe.runIf(inject('postgres'))(`plans of orders for a member of ${projectCount} projects`, () => {
  beforeAll(async () => {
    await signUp(server, 'admin')
    member = await signUp(server, 'member')
    quietMember = await signUp(server, 'quiet')
    const { pool } = server.database
    await pool.query(
      `INSERT INTO projects (key, name, last_number) SELECT 'P' || n, 'Project', CASE n WHEN 0 THEN 100 ELSE $1::integer END
       FROM generate_series(0, $2::integer) n`,
      [ticketsPerProject, projectCount],
    )
    await pool.query(
      `INSERT INTO project_members SELECT id, CASE key WHEN 'P0' THEN $1::uuid ELSE $2::uuid END, 'CONTRIBUTOR' FROM projects`,
      [quietMember.id, member.id],
    )
    await pool.query(
      `INSERT INTO tickets (project_id, number, kind, title, status, priority, resolution, resolved_at, reporter_id, assignee_id,
         created_at, updated_at, category, reported_by, severity)
       SELECT p.id, n, kind, 'Ticket ' || a % 5000, status, (enum_range(NULL::priority))[1 + b % 4],
         CASE WHEN done THEN 'FIXED'::resolution END, CASE WHEN done THEN at + make_interval(mins => a % 9999) END, $1::uuid,
         CASE WHEN a % 100 = 0 THEN $1::uuid END, at, at + make_interval(mins => b % 9999),
         CASE kind WHEN 'DEFECT' THEN 'Any' END, CASE kind WHEN 'DEFECT' THEN 'Any' END,
         CASE kind WHEN 'DEFECT' THEN (enum_range(NULL::severity))[1 + b % 3] END
       FROM projects p CROSS JOIN LATERAL generate_series(1, p.last_number) n
       CROSS JOIN LATERAL (SELECT abs(hashtext(p.key || n)) AS a, abs(hashtext(n || p.key)) AS b) random
       CROSS JOIN LATERAL (SELECT (enum_range(NULL::ticket_status))[1 + a % 4] AS status, a % 4 >= 2 AS done,
         CASE WHEN b % 5 = 0 THEN 'DEFECT' ELSE 'ISSUE' END::ticket_kind AS kind,
         timestamptz '2026-01-01' + make_interval(mins => n) AS at) ticket
       ORDER BY n`,
      [member.id],
    )
    await pool.query('VACUUM ANALYZE')
  })

  interface Variables {
    readonly filter?: TicketFilter
    readonly orderBy?: TicketOrder[]
    readonly first?: number
    readonly last?: number
    readonly after?: string
    readonly offset?: number
  }

  const ask = (variables: Variables, user = member) =>
    user.ask(Page, { filter: null, orderBy: null, ...noBounds, ...variables })

  /** A page of each project, one more row for each of 16 index ranges with a status and a priority, and the rows of the page. */
  const maxRowsRead = (projects: number) => projects * (pageSize + 1 + 16) + pageSize + 1

  async function expectBounded(variables: Variables, limit: number, user = member) {
    for (const generic of [false, true]) {
      const plan = await planOf(server, () => ask(variables, user), { generic })
      const text = JSON.stringify(plan, null, 1)
      expect(plan, text).not.toEqual([])
      expect(
        plan.map((node) => node['Node Type']),
        text,
      ).not.toContain('Seq Scan')
      expect(rowsRead(plan), text).toBeLessThanOrEqual(limit)
    }
  }

  test.each(orders)('reads at most a page of each project: $name', async ({ orderBy }) => {
    await expectBounded({ orderBy, first: pageSize }, maxRowsRead(projectCount))
    await expectBounded({ orderBy, last: pageSize }, maxRowsRead(projectCount))
    const { endCursor } = (await ask({ orderBy, first: 1, offset: 12_000 })).tickets.pageInfo
    await expectBounded({ orderBy, first: pageSize, after: endCursor ?? '' }, maxRowsRead(projectCount))
  })

  test.each(orders)('reads at most a page of one project: $name', async ({ orderBy }) => {
    const filter = { project: { eq: 'P7' } }
    await expectBounded({ filter, orderBy, first: pageSize }, maxRowsRead(1))
    await expectBounded({ filter, orderBy, last: pageSize }, maxRowsRead(1))
    const { endCursor } = (await ask({ filter, orderBy, first: 1, offset: 600 })).tickets.pageInfo
    await expectBounded({ filter, orderBy, first: pageSize, after: endCursor ?? '' }, maxRowsRead(1))
  })

  test('reads no more rows than the page in the default order for a member of most projects', async () => {
    await expectBounded({ first: pageSize }, pageSize + 1 + 5)
    await expectBounded({ filter: { status: { eq: 'OPEN' } }, first: pageSize }, 5 * pageSize)
  })

  test('reads two pages in the default order for a member of one quiet project among others', async () => {
    await expectBounded({ first: pageSize }, 2 * (pageSize + 1), quietMember)
    const orderBy = order(['UPDATED_AT', 'DESC'])
    await expectBounded({ orderBy, first: pageSize }, 2 * (pageSize + 1), quietMember)
  })

  test('reads each ticket once for a deep offset', async () => {
    const plan = await planOf(server, () => ask({ orderBy: order(['TITLE', 'ASC']), first: pageSize, offset: 10_000 }))
    expect(rowsRead(plan)).toBeLessThanOrEqual(projectCount * ticketsPerProject + 200)
  })

  test.each(['PRIORITY', 'TITLE', 'UPDATED_AT'] as const)(
    'reads only the tickets of an assignee, ordered by %s',
    async (field) => {
      const filter: TicketFilter = { assignee: { isViewer: true } }
      const { rows } = await server.database.pool.query<{ count: number }>(
        'SELECT count(*)::integer AS count FROM tickets WHERE assignee_id = $1',
        [member.id],
      )
      await expectBounded({ filter, orderBy: order([field, 'DESC']), first: pageSize }, rows[0]?.count ?? 0)
    },
  )

  test.each<[string, TicketFilter]>([
    ['all', {}],
    ['status', { status: { eq: 'OPEN' } }],
    ['kind', { kind: 'DEFECT' }],
    ['priority', { priority: { in: ['HIGH', 'URGENT'] } }],
  ])('counts the tickets of a project in the smallest index: %s', async (_, filter) => {
    const ask = () => member.ask(Count, { filter: { project: { eq: 'P7' }, ...filter } })
    for (const generic of [false, true])
      expect(await planOf(server, ask, { generic })).toEqual([
        expect.objectContaining({ 'Node Type': 'Index Only Scan', 'Index Name': 'tickets_counts_idx' }),
      ])
  })

  test.each([
    ['p', ticketsPerProject],
    ['p ti', ticketsPerProject],
    ['p zq', 0],
    ['zq p', 0],
  ])('finds the tickets of one project by short terms, also if all keys match: %s', async (search, count) => {
    const { project } = await member.ask(ProjectSearch, { search })
    expect(Number(project?.issues.totalCount) + Number(project?.defects.totalCount)).toBe(count)
    expect(await member.ask(Count, { filter: { project: { eq: 'P7' }, search } })).toEqual({
      tickets: { totalCount: count },
    })
    expect(await member.ask(Count, { filter: { search } })).toEqual({ tickets: { totalCount: projectCount * count } })
    expect(await quietMember.ask(Count, { filter: { search } })).toEqual({ tickets: { totalCount: count / 10 } })
  })

  test.each(['p', 'p zq', 'zq p'])(
    'reads at most the tickets to rank for a search by short terms, also if all keys match: %s',
    async (search) => {
      const orderBy = order(['RELEVANCE', 'DESC'])
      const plan = await planOf(server, () => member.ask(Page, { filter: { search }, orderBy, ...noBounds, first: 20 }))
      expect(rowsRead(plan)).toBeLessThanOrEqual(1001)
    },
  )

  test('reads only open tickets of a project for its board', async () => {
    const filter: TicketFilter = { project: { eq: 'P7' }, status: { in: ['OPEN', 'IN_PROGRESS'] } }
    const orderBy = order(['PRIORITY', 'DESC'], ['CREATED_AT', 'ASC'])
    await expectBounded({ filter, orderBy, first: pageSize }, maxRowsRead(1))
  })
})
