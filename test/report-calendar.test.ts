import fc from 'fast-check'
import { DateTime } from 'luxon'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { importCsv } from './support/imports.ts'
import { createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Flow = graphql(`
  query FlowOfCalendars(
    $filter: TicketFilter $timeZone: String! $interval: ReportInterval! $weekStart: WeekStart
    $from: RelativeDateTime! $to: RelativeDateTime!
  ) {
    reports(filter: $filter, timeZone: $timeZone) {
      flow(interval: $interval, weekStart: $weekStart, from: $from, to: $to) { from to opened backlog filter backlogFilter }
    }
  }
`)
const Count = graphql(`query CountOfCalendars($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)

const hour = 3_600_000

const dayIn = (timeZone: string) => {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  return (time: Date | number) => format.format(time)
}

/** The first hour after the last change of the offset of a zone before `end`, in milliseconds. */
function lastChangeOfOffset(zone: string, end: number): number {
  const offset = (time: number) => DateTime.fromMillis(time, { zone }).offset
  let time = end
  while (offset(time) === offset(end)) time -= hour
  return time + hour
}

const flowOf = async (timeZone: string, variables: object) =>
  (
    await users.maintainer.ask(Flow, {
      timeZone,
      filter: null,
      interval: 'DAY',
      from: '2025-07-01T12:00:00Z',
      to: '2025-07-03T12:00:00Z',
      ...variables,
    })
  ).reports.flow

/** The names of the zones that the database knows, with the days on which their offsets changed in the last ten years. */
async function changesOfOffsets(): Promise<{ zone: string; at: Date }[]> {
  const { rows } = await server.database.pool.query(`
    SELECT name AS zone, day AS at FROM (
      SELECT name, day, day AT TIME ZONE name - day AT TIME ZONE 'UTC' AS "offset",
        lag(day AT TIME ZONE name - day AT TIME ZONE 'UTC') OVER (PARTITION BY name ORDER BY day) AS former
      FROM pg_timezone_names, generate_series(now() - interval '10 years', now() - interval '3 days', interval '8 days') AS day
      WHERE name ~ '^[A-Z]' AND name !~ '^(Factory|CET|EET|MET|WET)$') offsets
    WHERE "offset" <> former ORDER BY zone, at`)
  return rows
}

beforeAll(async () => {
  users = await createTestUsers(server)
})

describe('calendars of reports', () => {
  test('a day begins at its first moment in every zone, and counts what its filters list', async () => {
    const changes = await changesOfOffsets()
    // Zones whose clocks were set at midnight are rare.
    const atMidnight = changes.filter(({ zone }) =>
      /Azores|Beirut|Havana|Cairo|Asuncion|Scoresbysund|Gaza|Tehran/.test(zone),
    )
    let projects = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constantFrom(...changes), fc.constantFrom(...atMidnight)), async ({ zone, at }) => {
        const { key } = await createProject(users.maintainer, `CAL${++projects}`)
        const filter = { project: { eq: key } }
        const change = lastChangeOfOffset(zone, at.getTime())
        const [from, to] = [new Date(change - 36 * hour), new Date(change + 36 * hour)]
        const times = Array.from({ length: 144 }, (_, index) =>
          new Date(from.getTime() + (index * hour) / 2).toISOString(),
        )
        await importCsv(users.maintainer, `title;createdAt\n${times.map((time) => `A;${time}`).join('\n')}`, {
          projectId: key,
          kind: 'ISSUE',
        })
        const days = await flowOf(zone, { filter, from: from.toISOString(), to: to.toISOString() })
        const dayOf = dayIn(zone)
        expect(days[0]?.from).toBe(from.toISOString())
        for (const [index, day] of days.entries()) {
          const begin = new Date(day.from)
          const next = days[index + 1]
          expect(day.to).toBe(next?.from ?? to.toISOString())
          if (index > 0) expect(dayOf(begin) > dayOf(begin.getTime() - 1), `${zone} ${day.from}`).toBe(true)
          const isWithin = (time: string) => time >= day.from && time < day.to
          expect(day.opened).toBe(times.filter(isWithin).length)
        }
        const shortest = days.reduce((a, b) => (a.opened < b.opened ? a : b))
        const longest = days.reduce((a, b) => (a.opened > b.opened ? a : b))
        for (const { opened, backlog, filter, backlogFilter } of [shortest, longest]) {
          expect((await users.maintainer.ask(Count, { filter: filter as object })).tickets.totalCount).toBe(opened)
          expect((await users.maintainer.ask(Count, { filter: backlogFilter as object })).tickets.totalCount).toBe(
            backlog,
          )
        }
      }),
      { numRuns: 7 },
    )
  })

  test.each([
    ['CET', 'Europe/Brussels'],
    ['met', 'Europe/Brussels'],
    ['EET', 'Europe/Athens'],
    ['WET', 'Europe/Lisbon'],
    ['MST', 'America/Phoenix'],
    ['GB', 'Europe/London'],
    ['PST8PDT', 'America/Los_Angeles'],
    ['europe/berlin', 'Europe/Berlin'],
  ])('the zone %s is %s', async (name, zone) => {
    expect(await flowOf(name, {})).toEqual(await flowOf(zone, {}))
  })

  test.each([
    'IST',
    'BST',
    'CST',
    'PST',
    'AST',
    '+02:00',
    'UTC+2',
    'GMT+5',
    'posix/Europe/Berlin',
    'localtime',
    'Mars/Base',
    '',
  ])('rejects %j, which is no name of the IANA time zone database', async (timeZone) => {
    const { errors } = await users.maintainer.send(Flow, {
      timeZone,
      interval: 'DAY',
      from: '-P1D',
      to: '2030-01-01T00:00:00Z',
    })
    expect(errors?.[0]?.extensions).toMatchObject({ fieldErrors: [{ path: 'timeZone' }] })
  })

  test.each([
    ['MONDAY', '2025-07-07'],
    ['SUNDAY', '2025-07-06'],
    ['SATURDAY', '2025-07-05'],
  ] as const)('weeks begin on %s', async (weekStart, day) => {
    const range = { from: '2025-07-01T00:00:00Z', to: '2025-07-20T00:00:00Z', interval: 'WEEK', weekStart }
    const [, second, third] = await flowOf('UTC', range)
    expect(second?.from).toBe(`${day}T00:00:00.000Z`)
    expect(new Date(third?.from ?? '').getTime() - new Date(second?.from ?? '').getTime()).toBe(7 * 24 * hour)
    const [firstDay] = await flowOf('UTC', { ...range, from: `${day}T00:00:00Z` })
    expect(firstDay?.from).toBe(`${day}T00:00:00.000Z`)
  })

  test('weeks and months begin at the first moment of their first day', async () => {
    // In Beirut, clocks were set from 0:00 to 1:00 on Sunday, 2022-03-27; in Havana, from 1:00 to 0:00 on 2020-11-01.
    const weeks = await flowOf('Asia/Beirut', {
      interval: 'WEEK',
      weekStart: 'SUNDAY',
      from: '2022-03-20T00:00:00Z',
      to: '2022-04-05T00:00:00Z',
    })
    expect(weeks[1]?.from).toBe('2022-03-26T22:00:00.000Z')
    const months = await flowOf('America/Havana', {
      interval: 'MONTH',
      from: '2020-10-15T00:00:00Z',
      to: '2020-12-15T00:00:00Z',
    })
    expect(months[1]?.from).toBe('2020-11-01T04:00:00.000Z')
  })
})
