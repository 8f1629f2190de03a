import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ReportInterval, TicketFilter } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { importCsv } from './support/imports.ts'
import { createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Flow = graphql(`
  query Flow($filter: TicketFilter, $timeZone: String, $interval: ReportInterval!, $from: RelativeDateTime!, $to: RelativeDateTime) {
    reports(filter: $filter, timeZone: $timeZone) {
      flow(interval: $interval, from: $from, to: $to) {
        from to opened resolved reopened backlog filter resolvedFilter reopenedFilter backlogFilter
      }
      reopenRate(from: $from, to: $to) { resolved reopened rate filter reopenedFilter }
    }
  }
`)
const Count = graphql(`query FlowCount($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)
const Move = graphql(
  `mutation FlowMove($id: ID!, $status: TicketStatus!) { updateIssue(input: { id: $id, status: $status }) { issue { id } } }`,
)

interface Variables {
  readonly interval: ReportInterval
  readonly from: string
  readonly to?: string
  readonly timeZone?: string
  readonly filter?: TicketFilter
}

const ask = async (variables: Variables) =>
  (await users.viewer.ask(Flow, { filter: { project: { eq: 'FLOW' } }, ...variables })).reports

const countOf = async (filter: unknown) =>
  (await users.viewer.ask(Count, { filter: filter as TicketFilter })).tickets.totalCount

/** Sets the time of creation of a ticket, and the times of its changes. */
async function setTimes(key: string, createdAt: string, ...changes: readonly string[]): Promise<void> {
  const number = Number(key.split('-')[1])
  const { rows } = await server.database.pool.query<{ id: string }>(
    `UPDATE tickets t SET created_at = $1 FROM projects p WHERE p.id = t.project_id AND p.key = $2 AND t.number = $3 RETURNING t.id`,
    [createdAt, key.split('-')[0], number],
  )
  for (const [index, at] of changes.entries())
    await server.database.pool.query('UPDATE history SET at = $1 WHERE ticket_id = $2 AND version = $3', [
      at,
      rows[0]?.id,
      index + 2,
    ])
}

type Step = readonly [status: 'OPEN' | 'IN_PROGRESS' | 'RESOLVED' | 'CLOSED', at: string]

async function createTicketWith(project: string, createdAt: string, ...steps: readonly Step[]): Promise<void> {
  const { key } = await createIssue(users.maintainer, project, 'A ticket')
  for (const [status] of steps) await users.maintainer.ask(Move, { id: key, status })
  await setTimes(key, createdAt, ...steps.map(([, at]) => at))
}

beforeAll(async () => {
  users = await createTestUsers(server)
  await createProject(users.maintainer, 'FLOW', 'VIEWER')
  await createTicketWith(
    'FLOW',
    '2026-03-01T10:00:00Z',
    ['RESOLVED', '2026-03-03T10:00:00Z'],
    ['OPEN', '2026-03-03T12:00:00Z'],
    ['CLOSED', '2026-03-05T00:00:00Z'],
  )
  await createTicketWith('FLOW', '2026-03-03T00:00:00Z', ['IN_PROGRESS', '2026-03-03T01:00:00Z'])
  await createTicketWith(
    'FLOW',
    '2026-03-03T23:59:59.999Z',
    ['RESOLVED', '2026-03-04T00:00:00Z'],
    ['CLOSED', '2026-03-06T00:00:00Z'],
  )
  await createTicketWith('FLOW', '2026-03-10T00:00:00Z')
  const csv = 'title,status,createdAt,resolvedAt\nFrom elsewhere,resolved,2026-02-20,2026-03-02T05:00:00Z\n'
  await importCsv(users.maintainer, csv, { projectId: 'FLOW', kind: 'ISSUE' })
})

describe('flow', () => {
  test('flow counts opened, resolved, reopened and remaining tickets per interval, including empty ones', async () => {
    const { flow } = await ask({ interval: 'DAY', from: '2026-03-01T00:00:00Z', to: '2026-03-07T00:00:00Z' })
    expect(
      flow.map(({ from, opened, resolved, reopened, backlog }) => [
        from.slice(5, 10),
        opened,
        resolved,
        reopened,
        backlog,
      ]),
    ).toEqual([
      ['03-01', 1, 0, 0, 2],
      ['03-02', 0, 1, 0, 1],
      ['03-03', 2, 1, 1, 3],
      ['03-04', 0, 1, 0, 2],
      ['03-05', 0, 1, 0, 1],
      ['03-06', 0, 0, 0, 1],
    ])
  })

  test.each<[ReportInterval, string, string, string[]]>([
    [
      'WEEK',
      '2026-03-01T12:00:00Z',
      '2026-03-12T00:00:00Z',
      ['2026-03-01T12:00:00.000Z', '2026-03-02T00:00:00.000Z', '2026-03-09T00:00:00.000Z'],
    ],
    [
      'MONTH',
      '2026-02-10T00:00:00Z',
      '2026-04-02T00:00:00Z',
      ['2026-02-10T00:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    ],
    ['DAY', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', ['2026-03-01T00:00:00.000Z']],
  ])('flow divides the range at calendar boundaries: %s', async (interval, from, to, starts) => {
    const { flow } = await ask({ interval, from, to })
    expect(flow.map((point) => point.from)).toEqual(starts)
    expect(flow.map((point) => point.to)).toEqual([...starts.slice(1), new Date(to).toISOString()])
  })

  test.each([
    ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-30T22:00:00Z', [23, 24]],
    ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-26T23:00:00Z', [25, 24]],
    ['Asia/Kolkata', '2026-01-01T18:30:00Z', '2026-01-03T18:30:00Z', [24, 24]],
    ['America/Sao_Paulo', '2018-11-03T03:00:00Z', '2018-11-06T02:00:00Z', [24, 23, 24]],
    ['UTC', '2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z', [24, 24]],
  ])('flow uses the length of days in %s from %s to %s', async (timeZone, from, to, hours) => {
    const { flow } = await ask({ interval: 'DAY', from, to, timeZone })
    expect(flow.map((point) => (Date.parse(point.to) - Date.parse(point.from)) / 3_600_000)).toEqual(hours)
  })

  test('flow accepts relative times and counts only tickets that match the filter', async () => {
    const filter: TicketFilter = { project: { eq: 'FLOW' }, title: { eq: 'nothing' } }
    const { flow, reopenRate } = await ask({ interval: 'DAY', from: '-P2D', filter })
    expect(flow.length).toBeGreaterThanOrEqual(2)
    expect(flow.every(({ opened, resolved, reopened, backlog }) => opened + resolved + reopened + backlog === 0)).toBe(
      true,
    )
    expect(reopenRate).toMatchObject({ resolved: 0, reopened: 0, rate: null })
  })

  test('flow and its filters equal counts computed from random histories', async () => {
    const status = fc.constantFrom('OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED')
    const gap = fc.integer({ min: 1, max: 40 * 60 })
    const story = fc.record({
      createdAfter: fc.integer({ min: 0, max: 8 * 24 * 60 }),
      steps: fc.array(fc.tuple(status, gap), { maxLength: 5 }),
    })
    let project = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(story, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('UTC', 'Asia/Kolkata', 'America/New_York'),
        async (stories, timeZone) => {
          const key = (await createProject(users.maintainer, `RUN${++project}`, 'VIEWER')).key
          const start = Date.parse('2026-03-05T00:00:00Z')
          const at = (minutes: number) => new Date(start + minutes * 60_000)
          const details = stories.map(({ createdAfter, steps }) => {
            let time = createdAfter
            let current = 'OPEN'
            const moves = steps.flatMap(([next, wait]) => {
              time += wait
              const move = { from: current, to: next, at: at(time) }
              current = next
              return move.from === move.to ? [] : [move]
            })
            return { createdAt: at(createdAfter), moves }
          })
          for (const { createdAt, moves } of details)
            await createTicketWith(
              key,
              createdAt.toISOString(),
              ...moves.map((move): Step => [move.to as Step[0], move.at.toISOString()]),
            )
          const { flow } = await ask({
            interval: 'DAY',
            from: '2026-03-06T06:00:00Z',
            to: '2026-03-13T06:00:00Z',
            timeZone,
            filter: { project: { eq: key } },
          })
          const isOpen = (status: string) => status === 'OPEN' || status === 'IN_PROGRESS'
          for (const point of flow) {
            const [from, to] = [new Date(point.from), new Date(point.to)]
            const within = (time: Date) => time >= from && time < to
            const movedTo = (open: boolean) =>
              details.filter(({ moves }) =>
                moves.some((move) => within(move.at) && isOpen(move.from) !== open && isOpen(move.to) === open),
              ).length
            const remaining = details.filter(
              ({ createdAt, moves }) => createdAt < to && isOpen(moves.findLast((move) => move.at < to)?.to ?? 'OPEN'),
            ).length
            const { opened, resolved, reopened, backlog } = point
            expect([opened, resolved, reopened, backlog]).toEqual([
              details.filter(({ createdAt }) => within(createdAt)).length,
              movedTo(false),
              movedTo(true),
              remaining,
            ])
            expect([
              await countOf(point.filter),
              await countOf(point.resolvedFilter),
              await countOf(point.reopenedFilter),
              await countOf(point.backlogFilter),
            ]).toEqual([opened, resolved, reopened, backlog])
          }
        },
      ),
      { numRuns: 3 },
    )
  })
})

test('reopenRate counts tickets by their first resolution', async () => {
  const { reopenRate } = await ask({ interval: 'DAY', from: '2026-03-01T00:00:00Z', to: '2026-03-04T00:00:00Z' })
  expect(reopenRate).toMatchObject({ resolved: 2, reopened: 1, rate: 0.5 })
  expect(await countOf(reopenRate.filter)).toBe(2)
  expect(await countOf(reopenRate.reopenedFilter)).toBe(1)
})

test.each<[string, Partial<Variables>, string]>([
  ['a range that ends before it begins', { from: '2026-03-02T00:00:00Z', to: '2026-03-01T00:00:00Z' }, 'from'],
  ['too many intervals', { from: '2020-01-01T00:00:00Z' }, 'from'],
  ['an unknown time zone', { timeZone: 'Mars/Olympus' }, 'timeZone'],
  ['an offset instead of a time zone', { timeZone: '+02:00' }, 'timeZone'],
  ['an offset with a name', { timeZone: 'UTC+2' }, 'timeZone'],
  ['an empty time zone', { timeZone: '' }, 'timeZone'],
  ['SQL instead of a time zone', { timeZone: "UTC'; --" }, 'timeZone'],
])('flow rejects %s', async (_description, variables, path) => {
  const { extensions } = await users.viewer.expectError(Flow, {
    interval: 'DAY',
    from: '2026-03-01T00:00:00Z',
    ...variables,
  })
  expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path }] })
})
