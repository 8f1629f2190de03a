import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { TicketFilter } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { importCsv } from './support/imports.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({}, { fillsTables: true })
let users: TestUsers
let keys: readonly string[]

const Totals = graphql(`
  query Totals($filter: TicketFilter, $issues: IssueFilter, $defects: DefectFilter) {
    tickets(filter: $filter) { totalCount totalCountUpTo(limit: 3) }
    issues(filter: $issues) { totalCount }
    defects(filter: $defects) { totalCount }
    projects { nodes {
      key tickets(filter: $filter) { totalCount } issues(filter: $issues) { totalCount } defects(filter: $defects) { totalCount }
    } }
  }
`)
const Archive = graphql(`
  mutation TotalsArchive($id: ID!, $archived: Boolean!) { archiveTicket(input: { id: $id, archived: $archived }) { ticket { id } } }
`)
const Undo = graphql(`mutation TotalsUndo($id: ID!) { undoImport(input: { importId: $id }) { undoneCount } }`)
const ArchiveProject = graphql(`
  mutation TotalsArchiveProject($id: ID!, $archived: Boolean!) { updateProject(input: { id: $id, archived: $archived }) { project { id } } }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  const roles = ['CONTRIBUTOR', undefined, 'CONTRIBUTOR'] as const
  keys = await Promise.all(roles.map(async (role, n) => (await createProject(users.maintainer, `SUM${n}`, role)).key))
  await createIssue(users.maintainer, keys[2] as string, 'Of an archived project')
  await users.maintainer.ask(ArchiveProject, { id: keys[2] as string, archived: true })
})

/** Restricts nothing, but is not a condition of the stored totals. */
const always = { createdAt: { gte: '2000-01-01T00:00:00Z' } }

async function expectExactTotals(client: Client): Promise<void> {
  const project = { eq: keys[0] as string }
  const filters: readonly TicketFilter[] = [
    {},
    { archived: null },
    { archived: true },
    { projectArchived: true },
    { kind: 'DEFECT' },
    { project },
    { project, kind: 'ISSUE', archived: null },
    { project: { in: [...keys] } },
    { project: { notIn: [keys[1] as string] }, and: null },
    { status: { eq: 'OPEN' } },
    { kind: null, projectArchived: null },
    { projectArchived: false },
    { and: [] },
  ]
  for (const filter of filters) {
    const { kind: _, ...ofKind } = filter
    const totalsOf = (conditions: object) => {
      const [issues, defects] = [ofKind, ofKind].map((one) => ({ ...one, ...conditions }))
      return client.ask(Totals, { filter: { ...filter, ...conditions }, issues, defects })
    }
    expect(await totalsOf({}), JSON.stringify(filter)).toEqual(await totalsOf(always))
  }
}

test('totals equal the numbers of tickets after creations, archiving, imports and undone imports', async () => {
  const imports: string[] = []
  const tickets: string[] = []
  let lines = 0
  const projectOf = (n: number) => keys[n % 2] as string
  const writers: Readonly<Record<string, (n: number) => Promise<unknown>>> = {
    issue: async (n) => tickets.push((await createIssue(users.maintainer, projectOf(n), 'Counted')).id),
    defect: (n) => createDefect(users.maintainer, projectOf(n), 'Housing'),
    archive: async (n) => {
      const id = tickets[n % tickets.length]
      if (id) await users.maintainer.ask(Archive, { id, archived: n % 3 > 0 })
    },
    // A user can send two files at a time.
    import: (n) => {
      lastImport = lastImport.then(() => importLines(n))
      return lastImport
    },
    undo: async () => {
      const id = imports.pop()
      if (id) await users.maintainer.ask(Undo, { id })
    },
  }
  let lastImport = Promise.resolve()
  async function importLines(n: number) {
    const csv = `title\n${Array.from({ length: (n % 4) + 1 }, () => `Line ${++lines}`).join('\n')}\n`
    imports.push((await importCsv(users.maintainer, csv, { projectId: projectOf(n), kind: 'ISSUE' })).id)
  }
  const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(writers)), fc.nat({ max: 50 })), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(steps, async (calls) => {
      await Promise.all(calls.map(([name, n]) => writers[name]?.(n)))
      for (const client of [users.maintainer, users.viewer, users.admin]) await expectExactTotals(client)
    }),
    { numRuns: 6 },
  )
})

test('totals are exact with more archived tickets than are subtracted', async () => {
  await createIssue(users.maintainer, keys[0] as string, 'Not archived')
  await server.database.pool.query(
    `INSERT INTO tickets (project_id, number, kind, title, reporter_id, archived_at)
     SELECT p.id, 10000 + n, 'ISSUE', 'Archived', $2, now() FROM projects p, generate_series(1, 1001) n WHERE p.key = $1`,
    [keys[0], users.maintainer.id],
  )
  for (const client of [users.maintainer, users.viewer, users.admin]) await expectExactTotals(client)
})
