import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { countsOf, importCsv } from './support/imports.ts'
import { createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Reports = graphql(`
  query ReportsOfImports($project: ID!, $from: RelativeDateTime!) {
    reports(filter: { project: { eq: $project } }) {
      flow(interval: MONTH, from: $from, to: "2026-12-01T00:00:00Z") { from opened resolved reopened backlog }
      resolutionTime { count mean p50 }
      reopenRate(from: $from) { resolved reopened rate }
      ageing { count }
    }
    august: tickets(
      filter: { project: { eq: $project }, resolvedAt: { gte: "2026-08-01T00:00:00Z", lt: "2026-09-01T00:00:00Z" } }
    ) { totalCount }
    everInAugust: tickets(
      filter: { project: { eq: $project }, everResolvedAt: { gte: "2026-08-01T00:00:00Z", lt: "2026-09-01T00:00:00Z" } }
    ) { totalCount }
    firstInAugust: tickets(
      filter: { project: { eq: $project }, firstResolvedAt: { gte: "2026-08-01T00:00:00Z", lt: "2026-09-01T00:00:00Z" } }
    ) { totalCount }
    everReopened: tickets(filter: { project: { eq: $project }, everReopenedAt: { isNull: false } }) { totalCount }
    openInSeptember: tickets(filter: { project: { eq: $project }, openAt: "2026-09-15T00:00:00Z" }) { totalCount }
  }
`)
const UndoImport = graphql(
  `mutation UndoInHistory($id: ID!) { undoImport(input: { importId: $id }) { undoneCount refusedCount } }`,
)
const Patch = graphql(
  `mutation PatchImported($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }`,
)
const AddComment = graphql(
  `mutation CommentOnImported($id: ID!) { addComment(input: { ticketId: $id, body: "Seen." }) { comment { id } } }`,
)
const History = graphql(`
  query HistoryOfImports($id: ID!) {
    ticket(id: $id) {
      version createdAt resolvedAt
      history(first: 20) { nodes { version at reverted changes { field to } } }
    }
  }
`)

let projects = 0
const newProject = async () => (await createProject(users.maintainer, `HIS${++projects}`, 'CONTRIBUTOR')).key

const reportsOf = (project: string) => users.maintainer.ask(Reports, { project, from: '2026-06-01T00:00:00Z' })

const header = 'externalKey,title,status,priority,createdAt,resolvedAt\n'
const importRows = (projectId: string, rows: string) =>
  importCsv(users.maintainer, header + rows, { projectId, kind: 'ISSUE' })

beforeAll(async () => {
  users = await createTestUsers(server)
})

interface State {
  readonly status: string
  readonly priority: string
  readonly createdAt: string
  readonly resolvedAt: string
}

const rowOf = ({ status, priority, createdAt, resolvedAt }: State, key: number) =>
  `K-${key},Ticket ${key},${status},${priority},${createdAt},${resolvedAt}\n`

const day = (month: number) =>
  fc.integer({ min: 1, max: 28 }).map((date) => `2026-0${month}-${String(date).padStart(2, '0')}T08:00:00Z`)
const open = fc.record({
  status: fc.constantFrom('OPEN', 'IN_PROGRESS'),
  priority: fc.constantFrom('LOW', 'HIGH'),
  createdAt: day(7),
  resolvedAt: fc.constant(''),
})
const done = fc.record({
  status: fc.constantFrom('RESOLVED', 'CLOSED'),
  priority: fc.constantFrom('LOW', 'HIGH'),
  createdAt: day(7),
  resolvedAt: fc.oneof(day(8), day(9)),
})

describe('history of imports', () => {
  test('reports over weekly imports, corrections and undone imports equal those over the last file', async () => {
    const week = fc.record({
      openUntil: fc.nat(2),
      isUndone: fc.boolean(),
      states: fc.array(fc.tuple(open, done), { minLength: 2, maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(week, { minLength: 1, maxLength: 4 }),
        fc.array(done, { minLength: 2, maxLength: 2 }),
        async (weeks, last) => {
          const [weekly, single] = [await newProject(), await newProject()]
          for (const { openUntil, isUndone, states } of weeks) {
            // A ticket that was imported as resolved is not reopened, except by an import that is undone.
            const rows = states.map(([openState, doneState], key) =>
              rowOf(isUndone && key >= openUntil ? doneState : openState, key),
            )
            const { id, faultCount } = await importRows(weekly, rows.join(''))
            expect(faultCount).toBe(0)
            if (isUndone) await users.maintainer.ask(UndoImport, { id })
          }
          for (const project of [weekly, single]) await importRows(project, last.map(rowOf).join(''))
          const corrected = last
            .map((state, key) => rowOf({ ...state, resolvedAt: '2026-10-10T08:00:00Z' }, key))
            .join('')
          expect(await reportsOf(weekly)).toEqual(await reportsOf(single))
          await importRows(weekly, corrected)
          const other = await newProject()
          await importRows(other, corrected)
          expect(await reportsOf(weekly)).toEqual(await reportsOf(other))
        },
      ),
      { numRuns: 4 },
    )
  })

  test('reports over an exported and imported project equal those over the project', async () => {
    const from = await newProject()
    for (const status of ['OPEN', 'RESOLVED', 'CLOSED'] as const) {
      const { key } = await createIssue(users.maintainer, from, `Ticket ${status}`)
      if (status !== 'OPEN') await users.maintainer.ask(Patch, { input: { id: key, status } })
    }
    const csv = await (await users.maintainer.fetch(`/export/tickets.csv?project=${from}`)).text()
    const to = await newProject()
    expect(countsOf(await importCsv(users.maintainer, csv, { projectId: to }))).toEqual([3, 0, 0, 0])
    const { reports } = await reportsOf(from)
    expect((await reportsOf(to)).reports).toMatchObject(reports)
  })

  test('an import records a resolution at its own time, and the other changes at the time of the import', async () => {
    const project = await newProject()
    await importRows(project, 'A,Pump,OPEN,LOW,2026-08-03,\n')
    await importRows(project, 'A,Pump,RESOLVED,HIGH,2026-08-03,2026-08-10\n')
    const { ticket } = await users.maintainer.ask(History, { id: `${project}-1` })
    const [latest, resolution] = ticket?.history.nodes ?? []
    expect(ticket?.version).toBe(3)
    expect(latest).toMatchObject({ version: 3, changes: [{ field: 'priority', to: 'HIGH' }] })
    expect(resolution).toMatchObject({
      version: 2,
      at: '2026-08-10T00:00:00.000Z',
      changes: [
        { field: 'status', to: 'RESOLVED' },
        { field: 'resolution', to: 'FIXED' },
      ],
    })
  })

  test('undoing a corrected time of resolution moves the resolution back', async () => {
    const project = await newProject()
    await importRows(project, 'A,Pump,RESOLVED,LOW,2026-08-03,2026-08-10\n')
    const before = await reportsOf(project)
    const { id } = await importRows(project, 'A,Pump,RESOLVED,LOW,2026-08-03,2026-10-10\n')
    expect((await reportsOf(project)).everInAugust.totalCount).toBe(0)
    await users.maintainer.ask(UndoImport, { id })
    expect(await reportsOf(project)).toEqual(before)
    const { ticket } = await users.maintainer.ask(History, { id: `${project}-1` })
    expect(ticket?.history.nodes.map(({ reverted }) => reverted)).toEqual([true, true, false])
  })

  test.each([
    [
      'a creation after the resolution',
      'A,Pump,RESOLVED,LOW,2026-09-20,',
      'createdAt',
      /^is after the time of resolution$/,
    ],
    [
      'a resolution before the creation',
      'A,Pump,RESOLVED,LOW,,2026-08-01',
      'resolvedAt',
      /^is before the time of creation$/,
    ],
  ])('reports a row error for %s of the existing ticket', async (_description, row, column, message) => {
    const project = await newProject()
    await importRows(project, 'A,Pump,RESOLVED,LOW,2026-08-03,2026-08-10\n')
    const { faults } = await importRows(project, `${row}\n`)
    expect(faults.nodes).toMatchObject([{ row: 1, column, message: expect.stringMatching(message) }])
  })

  test('reports a row error for a resolution before a change of the status that a user made', async () => {
    const project = await newProject()
    await importRows(project, 'A,Pump,OPEN,LOW,2026-08-03,\n')
    await users.maintainer.ask(Patch, { input: { id: `${project}-1`, status: 'IN_PROGRESS' } })
    const { faults } = await importRows(project, 'A,Pump,RESOLVED,LOW,2026-08-03,2026-08-10\n')
    expect(faults.nodes).toMatchObject([
      {
        column: 'resolvedAt',
        message: 'is before an earlier change of the status: clear the cell to use the time in Snaglist',
      },
    ])
  })

  test('a corrected time after a reopening moves no earlier resolution, and undoing it restores all times', async () => {
    const project = await newProject()
    await importRows(project, 'A,Pump,OPEN,LOW,2026-06-10,\n')
    await importRows(project, 'A,Pump,RESOLVED,LOW,2026-06-10,2026-08-10\n')
    const reopened = await importRows(project, 'A,Pump,OPEN,LOW,2026-06-10,\n')
    const before = await reportsOf(project)
    expect(before.everInAugust.totalCount).toBe(1)
    const wrong = await importRows(project, 'A,Pump,RESOLVED,LOW,2026-06-10,2026-06-11\n')
    expect(wrong.faults.nodes).toMatchObject([{ column: 'resolvedAt', message: expect.stringMatching(/^is before/) }])
    const { id } = await importRows(project, 'A,Pump,RESOLVED,LOW,2026-06-10,2026-09-05\n')
    const resolved = await reportsOf(project)
    expect(resolved.reports.flow.map(({ resolved, reopened }) => [resolved, reopened])).toEqual([
      [0, 0],
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
      [0, 0],
    ])
    await users.maintainer.ask(UndoImport, { id })
    expect(await reportsOf(project)).toEqual(before)
    expect((await users.maintainer.ask(UndoImport, { id: reopened.id })).undoImport).toEqual({
      undoneCount: 1,
      refusedCount: 0,
    })
    expect((await reportsOf(project)).everReopened.totalCount).toBe(0)
  })

  test('a corrected time of a resolution by a user keeps the record of that user', async () => {
    const project = await newProject()
    await importRows(project, 'A,Pump,OPEN,LOW,2026-06-10,\n')
    await users.maintainer.ask(Patch, { input: { id: `${project}-1`, status: 'RESOLVED', priority: 'HIGH' } })
    const recordOf = async () =>
      (await users.maintainer.ask(History, { id: `${project}-1` })).ticket?.history.nodes.at(-1)
    const record = await recordOf()
    await importRows(project, 'A,Pump,RESOLVED,HIGH,2026-06-10,2026-08-10\n')
    expect((await reportsOf(project)).everInAugust.totalCount).toBe(1)
    expect(await recordOf()).toEqual(record)
  })

  test('a resolved ticket without a time of creation was created at its resolution', async () => {
    const project = await newProject()
    const csv = 'title,status,resolvedAt\nA,done,2026-08-10\n'
    await importCsv(users.maintainer, csv, { projectId: project, kind: 'ISSUE' })
    const { ticket } = await users.maintainer.ask(History, { id: `${project}-1` })
    expect(ticket).toMatchObject({ createdAt: '2026-08-10T00:00:00.000Z', resolvedAt: '2026-08-10T00:00:00.000Z' })
  })

  test('reports a row error for a creation after a comment', async () => {
    const project = await newProject()
    await importRows(project, 'A,Pump,OPEN,LOW,2026-08-03,\n')
    await users.maintainer.ask(AddComment, { id: `${project}-1` })
    // Comments are dated by the database.
    await server.database.pool.query(
      `UPDATE comments c SET created_at = '2026-08-05' FROM tickets t WHERE t.id = c.ticket_id AND t.external_key = 'A'
       AND t.project_id = (SELECT id FROM projects WHERE key = $1)`,
      [project],
    )
    const { faults } = await importRows(project, 'A,Pump,OPEN,LOW,2026-08-06,\n')
    expect(faults.nodes).toMatchObject([
      { column: 'createdAt', message: 'is after the first change or comment of the ticket' },
    ])
  })
})
