import { beforeAll, describe, expect, test } from 'vitest'
import type { ReportGroup, TicketFilter } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { importCsv } from './support/imports.ts'
import { createLabel, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '1000000' })
let users: TestUsers

const Reports = graphql(`
  query Reports($filter: TicketFilter, $groupBy: ReportGroup, $by: ReportGroup!, $limit: Int, $edges: [Int!]) {
    reports(filter: $filter) {
      topAssignees(limit: $limit) { user { username } total open resolved filter openFilter resolvedFilter }
      resolutionTime(groupBy: $groupBy) { group count mean p50 p75 p90 p95 max filter }
      firstResponseTime(groupBy: $groupBy) { group count mean p50 p75 p90 p95 max filter }
      pareto(by: $by, limit: $limit) { value isOther count share cumulativeShare vitalFew filter }
      ageing(edges: $edges, groupBy: $groupBy) { group fromDays toDays count filter }
      reopenRate(from: "2020-01-01T00:00:00Z") { resolved reopened rate filter reopenedFilter }
    }
  }
`)
const Count = graphql(`query ReportCount($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)
const Patch = graphql(
  `mutation ReportPatch($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { id } } }`,
)
const Comment = graphql(
  `mutation ReportComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
)

const groups: readonly ReportGroup[] = [
  'PROJECT',
  'STATUS',
  'PRIORITY',
  'SEVERITY',
  'CATEGORY',
  'SUBCATEGORY',
  'ABSN',
  'LABEL',
  'ASSIGNEE',
  'REPORTER',
  'REPORTED_BY',
]

interface StoredTicket {
  readonly id: string
  readonly status: string
  readonly category: string | null
  readonly assignee: string | null
  readonly created_at: Date
  readonly resolved_at: Date | null
  readonly labels: readonly string[]
}

const hour = 3600
const day = 24 * hour
let storedTickets: readonly StoredTicket[]

/** Reads the tickets from which the tests compute the expected results. */
async function readStored(): Promise<StoredTicket[]> {
  const { rows } = await server.database.pool.query(`
    SELECT t.id, t.status, t.category, t.created_at, t.resolved_at, (SELECT username FROM users WHERE id = t.assignee_id) AS assignee,
      ARRAY(SELECT l.name FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = t.id) AS labels
    FROM tickets t JOIN projects p ON p.id = t.project_id WHERE p.key = 'LINE' AND t.archived_at IS NULL`)
  return rows
}

const ask = (
  variables: { groupBy?: ReportGroup; by?: ReportGroup; limit?: number; edges?: number[]; filter?: TicketFilter },
  client: Client = users.viewer,
) =>
  client
    .ask(Reports, { by: 'CATEGORY', filter: { project: { eq: 'LINE' } }, ...variables })
    .then(({ reports }) => reports)

const countOf = async (filter: unknown, client: Client = users.viewer) =>
  (await client.ask(Count, { filter: filter as TicketFilter })).tickets.totalCount

/** The quantile of type 7 of Hyndman and Fan (1996). */
function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * fraction
  const [low = 0, high = low] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]]
  return low + (high - low) * (position - Math.floor(position))
}

beforeAll(async () => {
  users = await createTestUsers(server)
  await createProject(users.maintainer, 'LINE', 'CONTRIBUTOR')
  for (const name of ['net', 'ui', 'db']) await createLabel(users.maintainer, 'LINE', name)
  const now = Date.now()
  const ago = (days: number) => new Date(now - days * day * 1000).toISOString()
  const pick = <Item>(items: readonly Item[], index: number) => items[index % items.length] as Item
  const rows = Array.from({ length: 60 }, (_, index) => {
    const done = index % 3 === 0
    const filed = 2 + ((index * 37) % 130)
    return [
      `Ticket ${index}`,
      pick(
        ['Solder', 'Dent', 'Solder', 'Scratch', 'solder', 'Crack', 'Dent'],
        (index * 7 + Math.floor(index / 5)) % 11,
      ),
      pick(['', 'Bridge', 'bridge'], index),
      pick(['', 'S-1', 's-1', 'S-2'], index),
      pick(['Minor', 'Major', 'Critical'], index),
      pick(['', 'reporter', 'contributor', 'maintainer'], index),
      pick(['', 'net', 'net;ui', 'db'], index),
      done ? pick(['resolved', 'closed'], index) : pick(['open', 'wip'], index),
      ago(filed),
      done ? ago(filed - 1.5 - (index % 7) / 10) : '',
      pick(['Station 1', 'station 1', 'Lab'], index),
      index === 59 ? ago(1) : '',
    ].join(',')
  })
  const header =
    'title,category,subcategory,absn,severity,assignee,labels,status,createdAt,resolvedAt,reportedBy,archivedAt'
  await importCsv(users.maintainer, `${header}\n${rows.join('\n')}\n`, { projectId: 'LINE', kind: 'DEFECT' })
  await importCsv(users.maintainer, 'title,priority\nAn issue,high\n', { projectId: 'LINE', kind: 'ISSUE' })
  // Reopens two resolved tickets, resolves one of them again, and responds to others.
  for (const key of ['LINE-1', 'LINE-4']) await users.contributor.ask(Patch, { input: { id: key, status: 'OPEN' } })
  await users.contributor.ask(Patch, { input: { id: 'LINE-4', status: 'RESOLVED' } })
  await users.contributor.ask(Patch, { input: { id: 'LINE-2', assigneeId: 'contributor' } })
  await users.contributor.ask(Comment, { input: { ticketId: 'LINE-3', body: 'Seen' } })
  await users.maintainer.ask(Comment, { input: { ticketId: 'LINE-5', body: 'My own' } })
  storedTickets = await readStored()
})

describe('report filters', () => {
  test.each([undefined, ...groups])(
    'report filters match as many tickets as their rows count, by %s',
    async (group) => {
      for (const [limit, edges] of [
        [2, [30, 60]],
        [100, [1]],
      ] as const) {
        const reports = await ask({ ...(group && { groupBy: group, by: group }), limit, edges: [...edges] })
        const claims: [unknown, number][] = [
          ...reports.topAssignees.flatMap((row): [unknown, number][] => [
            [row.filter, row.total],
            [row.openFilter, row.open],
            [row.resolvedFilter, row.resolved],
          ]),
          ...[...reports.resolutionTime, ...reports.firstResponseTime, ...reports.pareto, ...reports.ageing].map(
            (row): [unknown, number] => [row.filter, row.count],
          ),
          [reports.reopenRate.filter, reports.reopenRate.resolved],
          [reports.reopenRate.reopenedFilter, reports.reopenRate.reopened],
        ]
        expect(claims.length).toBeGreaterThan(8)
        for (const [filter, count] of claims) expect([filter, await countOf(filter)]).toEqual([filter, count])
      }
    },
  )

  test('report filters include a complex filter of the reports', async () => {
    const filter: TicketFilter = {
      project: { eq: 'LINE' },
      status: { in: ['OPEN', 'RESOLVED', 'CLOSED'] },
      createdAt: { gte: '-P100D', lt: '2999-01-01T00:00:00Z' },
      category: { isNull: false },
      or: [{ severity: { gte: 'MAJOR' } }, { search: 'ticket' }],
      and: [{ assignee: { isNull: false } }],
      archived: null,
    }
    const { pareto, topAssignees, resolutionTime } = await ask({ filter, by: 'CATEGORY', limit: 2 })
    for (const { filter: rows, count } of [...pareto, ...resolutionTime]) expect(await countOf(rows)).toBe(count)
    for (const { openFilter, open } of topAssignees) expect(await countOf(openFilter)).toBe(open)
    expect(pareto.reduce((sum, { count }) => sum + count, 0)).toBe(await countOf(filter))
  })
})

describe('report results', () => {
  test('topAssignees counts tickets per assignee', async () => {
    const { topAssignees } = await ask({ limit: 100 })
    const names = [...new Set(storedTickets.map(({ assignee }) => assignee))]
    const expected = names
      .map((name) => {
        const assigned = storedTickets.filter(({ assignee }) => assignee === name)
        const open = assigned.filter(({ status }) => status === 'OPEN' || status === 'IN_PROGRESS').length
        return { name, total: assigned.length, open, resolved: assigned.length - open }
      })
      .sort((a, b) => b.total - a.total || ((a.name ?? '~') < (b.name ?? '~') ? -1 : 1))
    expect(
      topAssignees.map(({ user, total, open, resolved }) => ({ name: user?.username ?? null, total, open, resolved })),
    ).toEqual(expected)
    expect((await ask({ limit: 2 })).topAssignees).toEqual(topAssignees.slice(0, 2))
  })

  test('resolutionTime computes statistics by category and for all tickets', async () => {
    for (const groupBy of ['CATEGORY', undefined] as const) {
      const { resolutionTime } = await ask(groupBy ? { groupBy } : {})
      for (const row of resolutionTime) {
        const seconds = storedTickets.flatMap(({ category, created_at, resolved_at }) =>
          resolved_at && (!groupBy || category === row.group)
            ? [(resolved_at.getTime() - created_at.getTime()) / 1000]
            : [],
        )
        expect(row.count).toBe(seconds.length)
        expect(row.mean).toBeCloseTo(seconds.reduce((sum, value) => sum + value, 0) / seconds.length, 3)
        for (const [name, fraction] of [
          ['p50', 0.5],
          ['p75', 0.75],
          ['p90', 0.9],
          ['p95', 0.95],
          ['max', 1],
        ] as const)
          expect(row[name]).toBeCloseTo(quantile(seconds, fraction), 3)
      }
      expect(resolutionTime.reduce((sum, { count }) => sum + count, 0)).toBe(
        storedTickets.filter(({ resolved_at }) => resolved_at).length,
      )
    }
  })

  test('firstResponseTime ignores the reporter and imports', async () => {
    const { firstResponseTime } = await ask({})
    expect(firstResponseTime).toMatchObject([{ group: null, count: 4 }])
    const { rows } = await server.database.pool.query<{ seconds: number }>(`
      SELECT extract(epoch FROM (CASE number WHEN 3 THEN (SELECT created_at FROM comments WHERE ticket_id = t.id)
        ELSE (SELECT min(at) FROM history WHERE ticket_id = t.id AND source = 'API') END) - t.created_at)::float8 AS seconds
      FROM tickets t JOIN projects p ON p.id = t.project_id WHERE p.key = 'LINE' AND number IN (1, 2, 3, 4)`)
    expect(firstResponseTime[0]?.mean).toBeCloseTo(rows.reduce((sum, { seconds }) => sum + seconds, 0) / 4, 3)
  })

  test('pareto combines further values in the last row', async () => {
    const counts = Map.groupBy(storedTickets, ({ category }) => category)
    const expected = [...counts]
      .map(([value, tickets]) => ({ value, count: tickets.length }))
      .sort((a, b) => b.count - a.count || ((a.value ?? '~') < (b.value ?? '~') ? -1 : 1))
    const all = await ask({ by: 'CATEGORY', limit: 100 })
    expect(all.pareto.map(({ value, count }) => ({ value, count }))).toEqual(expected)
    let sum = 0
    for (const row of all.pareto) {
      sum += row.count
      expect(row.share).toBeCloseTo(row.count / storedTickets.length, 10)
      expect(row.cumulativeShare).toBeCloseTo(sum / storedTickets.length, 10)
      expect(row.vitalFew).toBe(sum / storedTickets.length <= 0.8)
    }
    const { pareto } = await ask({ by: 'CATEGORY', limit: 2 })
    expect(pareto.map(({ value, isOther }) => [value, isOther])).toEqual([
      ['Solder', false],
      [expected[1]?.value, false],
      [null, false],
      ['other', true],
    ])
    expect(pareto.at(-1)).toMatchObject({ cumulativeShare: 1, vitalFew: false })
  })

  test('pareto counts a ticket for each of its labels', async () => {
    const { pareto } = await ask({ by: 'LABEL', limit: 1 })
    const countWith = (names: readonly string[]) =>
      storedTickets.filter(({ labels }) => labels.some((label) => names.includes(label))).length
    expect(pareto.map(({ value, count }) => [value, count]).toSorted()).toEqual(
      [
        [null, storedTickets.filter(({ labels }) => labels.length === 0).length],
        ['net', countWith(['net'])],
        ['other', countWith(['ui', 'db'])],
      ].toSorted(),
    )
  })

  test('ageing includes empty buckets', async () => {
    const { ageing } = await ask({ edges: [10, 60, 500], groupBy: 'SEVERITY' })
    expect(ageing).toHaveLength(4 * 4)
    const { ageing: ungrouped } = await ask({ edges: [10, 60, 500] })
    const open = storedTickets.filter(({ status }) => status === 'OPEN' || status === 'IN_PROGRESS')
    const days = open.map(({ created_at }) => (Date.now() - created_at.getTime()) / 1000 / day)
    const between = (from: number, to: number) => days.filter((age) => age >= from && age < to).length
    expect(ungrouped.map(({ fromDays, toDays, count }) => [fromDays, toDays, count])).toEqual([
      [0, 10, between(0, 10)],
      [10, 60, between(10, 60)],
      [60, 500, between(60, 500)],
      [500, null, 0],
    ])
    expect(ageing.reduce((sum, { count }) => sum + count, 0)).toBe(open.length)
  })

  test('reopenRate counts reopened tickets', async () => {
    expect((await ask({})).reopenRate).toMatchObject({ resolved: 20, reopened: 2, rate: 0.1 })
  })
})

test('reports run a constant number of statements', async () => {
  await ask({})
  const { sent } = await statementsOf(server, () => ask({}))
  // Six reports, the users of one, and the range of another.
  expect(sent).toHaveLength(8)
})

test('reports contain only tickets that the viewer can see', async () => {
  const hidden = (await createProject(users.maintainer, 'HIDE')).key
  await importCsv(users.maintainer, 'title,status,assignee\nSecret,closed,maintainer\n', {
    projectId: hidden,
    kind: 'ISSUE',
  })
  const filter: TicketFilter = { project: { eq: hidden } }
  const nothing = { count: 0, mean: null, p50: null, p75: null, p90: null, p95: null, max: null }
  const visible = await ask({ filter, by: 'ASSIGNEE', edges: [7] }, users.maintainer)
  expect(visible).toMatchObject({
    topAssignees: [{ total: 1 }],
    resolutionTime: [{ count: 1 }],
    pareto: [{ value: 'maintainer' }],
    reopenRate: { resolved: 1 },
  })
  const invisible = await ask({ filter, by: 'ASSIGNEE', edges: [7] }, users.outsider)
  expect(invisible).toMatchObject({
    topAssignees: [],
    resolutionTime: [nothing],
    firstResponseTime: [nothing],
    pareto: [],
    ageing: [
      { fromDays: 0, toDays: 7, count: 0 },
      { fromDays: 7, toDays: null, count: 0 },
    ],
    reopenRate: { resolved: 0, reopened: 0, rate: null },
  })
  expect(await ask({ filter, groupBy: 'LABEL' }, users.outsider)).toMatchObject({ resolutionTime: [], ageing: [] })
})

test.each<[string, object, string, string]>([
  ['a limit of 0', { limit: 0 }, 'limit', 'must be between 1 and 100 (got 0)'],
  ['a limit of 101', { limit: 101 }, 'limit', 'must be between 1 and 100 (got 101)'],
  ['edges that do not ascend', { edges: [7, 7] }, 'edges', 'must be in ascending order'],
  ['an edge of 0', { edges: [0, 7] }, 'edges.0', 'must be between 1 and 36,500 (got 0)'],
  [
    'too many edges',
    { edges: Array.from({ length: 21 }, (_, index) => index + 1) },
    'edges',
    'must contain at most 20 items (got 21)',
  ],
  [
    'an invalid filter',
    { filter: { title: { eq: 'x'.repeat(1001) } } },
    'filter.title.eq',
    'must be at most 1000 characters (got 1001)',
  ],
])('reports reject %s', async (_description, variables, path, message) => {
  const { extensions } = await users.viewer.expectError(Reports, { by: 'CATEGORY', ...variables })
  expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path, message }] })
})
