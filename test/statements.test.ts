import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  type TestUsers,
} from './support/people.ts'

const server = useServer()
let users: TestUsers
let labelIds: string[]

const Create = graphql(`
  mutation StatementsCreate($input: CreateIssueInput!) { createIssue(input: $input) { issue { id version } } }
`)
const Numbered = graphql(`
  mutation StatementsNumbered($input: CreateIssueInput!) { createIssue(input: $input) { issue { id number } } }
`)
const Update = graphql(`
  mutation StatementsUpdate($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id version } } }
`)
const SetLabels = graphql(`
  mutation StatementsLabels($input: SetLabelsInput!) { setLabels(input: $input) { ticket { id version } } }
`)
const AddLabels = graphql(`
  mutation StatementsAddLabels($input: AddLabelsInput!) { addLabels(input: $input) { ticket { id version } } }
`)
const RemoveLabels = graphql(`
  mutation StatementsRemoveLabels($input: RemoveLabelsInput!) { removeLabels(input: $input) { ticket { id version } } }
`)
const Bulk = graphql(`
  mutation StatementsBulk($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { updatedCount } }
`)
const Comment = graphql(`
  mutation StatementsComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  labelIds = [await createLabel(users.maintainer, 'CORE', 'one'), await createLabel(users.maintainer, 'CORE', 'two')]
  for (let number = 1; number <= 4; number++) {
    const { id } = await createIssue(users.contributor, 'CORE', `Issue ${number}`, { labelIds, assigneeId: 'viewer' })
    await createDefect(users.contributor, 'CORE', 'Solder')
    for (const client of [users.contributor, users.reporter])
      await client.ask(Comment, { input: { ticketId: id, body: 'Seen' } })
    await users.contributor.ask(Update, { input: { id, title: `Issue ${number}, again` } })
  }
})

const countOf = async (ask: () => Promise<unknown>) => (await statementsOf(server, ask)).sent.length

describe('one statement', () => {
  test('reads a ticket with all nested fields in one statement', async () => {
    const document = graphql(`
      query StatementsTicket {
        ticket(id: "CORE-1") {
          key title project { key name labels { name } members(first: 5) { nodes { role user { name } } } }
          reporter { name } assignee { name } updatedBy { name } labels { name project { key } } commentCount
          first: comments(first: 1) { totalCount nodes { body author { name } replies { nodes { body } } parent { body } } }
          last: comments(last: 1) { edges { cursor node { ticket { key } } } pageInfo { hasPreviousPage startCursor } }
          history { totalCount nodes { actor { name } changes { field from to } ticket { key } } }
          ... on Defect { category }
        }
      }
    `)
    expect(await countOf(() => users.viewer.ask(document))).toBe(1)
    // Also after compilation.
    expect(await countOf(() => users.viewer.ask(document))).toBe(1)
    expect(await countOf(() => users.viewer.ask(document))).toBe(1)
  })

  test('reads a page of tickets with nested fields, cursors and count in one statement', async () => {
    const document = graphql(`
      query StatementsPage($first: Int) {
        tickets(first: $first, offset: 1) {
          totalCount
          nodes { key reporter { name } labels { name } comments(first: $first) { totalCount nodes { author { name } } } }
          edges { cursor node { history(last: 1) { nodes { actor { name } } } } }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      }
    `)
    for (const first of [1, 2, 8, 8])
      expect(await countOf(() => users.viewer.ask(document, { first })), String(first)).toBe(1)
  })

  test('reads a page of projects with their issues in one statement', async () => {
    const document = graphql(`
      query StatementsProjects {
        projects {
          totalCount
          nodes {
            key labels { name } defects { totalCount }
            issues(first: 2, filter: { status: { eq: OPEN } }, orderBy: [{ field: NUMBER }]) {
              totalCount nodes { key assignee { name } } pageInfo { endCursor }
            }
          }
        }
      }
    `)
    expect(await countOf(() => users.viewer.ask(document))).toBe(1)
    expect(await countOf(() => users.viewer.ask(document))).toBe(1)
  })

  test('counts a list in one statement without reading rows', async () => {
    const document = graphql(`query StatementsCount { tickets(filter: { kind: DEFECT }) { totalCount } }`)
    expect(await countOf(() => users.viewer.ask(document))).toBe(1)
    expect(server.statements.at(-1)).not.toContain('ORDER BY')
  })
})

describe('number of statements of a mutation', () => {
  const fresh = async () => (await createIssue(users.contributor, 'CORE', 'Fresh')).id

  test('creates an issue without references in one statement', async () => {
    const input = { projectId: 'CORE', title: 'Plain', description: 'Words', priority: 'HIGH' as const }
    expect(await countOf(() => users.reporter.ask(Create, { input }))).toBe(1)
  })

  test('creates an issue with assignee and labels in at most four statements', async () => {
    const input = { projectId: 'CORE', title: 'Rich', assigneeId: 'contributor', labelIds }
    expect(await countOf(() => users.contributor.ask(Create, { input }))).toBeLessThanOrEqual(4)
  })

  test('changes titles and statuses in one statement', async () => {
    const id = await fresh()
    expect(await countOf(() => users.contributor.ask(Update, { input: { id, title: 'Other' } }))).toBe(1)
    expect(await countOf(() => users.contributor.ask(Update, { input: { id, status: 'CLOSED' } }))).toBe(1)
    const input = { id, status: 'RESOLVED', resolution: 'DUPLICATE', title: 'Closed' } as const
    expect(await countOf(() => users.contributor.ask(Update, { input }))).toBe(1)
  })

  test('sets, adds and removes the labels of a ticket in one statement each', async () => {
    const ticketId = await fresh()
    const input = { ticketId, labelIds }
    expect(await countOf(() => users.contributor.ask(SetLabels, { input }))).toBe(1)
    expect(await countOf(() => users.contributor.ask(RemoveLabels, { input }))).toBe(1)
    expect(await countOf(() => users.contributor.ask(AddLabels, { input }))).toBe(1)
  })
})

test('updates 50 tickets with as many statements as 2', async () => {
  await createProject(users.contributor, 'BULK')
  const ids: string[] = []
  for (let number = 1; number <= 52; number++) ids.push((await createIssue(users.contributor, 'BULK', `${number}`)).id)
  const move = (some: string[]) => () => users.contributor.ask(Bulk, { input: { ids: some, status: 'IN_PROGRESS' } })
  expect(await countOf(move(ids.slice(2)))).toBe(await countOf(move(ids.slice(0, 2))))
})

describe('concurrent mutations', () => {
  const many = 30

  test('numbers concurrent tickets of one project without gaps', async () => {
    await createProject(users.contributor, 'FILED')
    const files = Array.from({ length: many }, (_, index) =>
      users.contributor.ask(Numbered, {
        input: { projectId: 'FILED', title: `${index}`, ...(index % 3 === 0 && { assigneeId: 'contributor' }) },
      }),
    )
    const numbers = (await Promise.all(files)).map(({ createIssue }) => createIssue.issue.number)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(files.map((_, index) => index + 1))
  })

  test('creates one version and history event per concurrent change of a ticket', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Busy')
    const change = (index: number) =>
      [
        { title: `Title ${index}` },
        { description: `Words ${index}` },
        // Requires the transactional mode of writes.
        { description: `More ${index}`, status: index % 2 ? ('CLOSED' as const) : ('OPEN' as const) },
      ][index % 3]
    const updates = Array.from({ length: many }, (_, index) =>
      users.contributor.ask(Update, { input: { id, ...change(index) } }),
    )
    const versions = (await Promise.all(updates)).map(({ updateIssue }) => updateIssue.issue.version)
    const expected = updates.map((_, index) => index + 2)
    expect(versions.toSorted((a, b) => a - b)).toEqual(expected)
    const { rows } = await server.database.pool.query<{ version: number }>(
      'SELECT version FROM history WHERE ticket_id = $1 ORDER BY version',
      [id],
    )
    expect(rows.map(({ version }) => version)).toEqual(expected)
    expect((await server.database.prisma.ticket.findUnique({ where: { id } }))?.version).toBe(many + 1)
  })

  test('stores the previous value of each concurrent change as that of the change before', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title 0')
    await Promise.all(
      Array.from({ length: many }, (_, index) =>
        users.contributor.ask(Update, { input: { id, title: `Title ${index + 1}` } }),
      ),
    )
    const { rows } = await server.database.pool.query<{ was: string; became: string }>(
      `SELECT changes -> 0 ->> 'from' AS was, changes -> 0 ->> 'to' AS became FROM history WHERE ticket_id = $1 ORDER BY version`,
      [id],
    )
    expect(rows).toHaveLength(many)
    expect(rows.map(({ was }) => was)).toEqual(['Title 0', ...rows.map(({ became }) => became).slice(0, -1)])
  })
})

describe('cost of the feed', () => {
  const Page = graphql(`
    query StatementsCursor { tickets(first: 5) { changesCursor totalCount nodes { title labels { name } } } }
  `)
  const Archive = graphql(`
    mutation StatementsArchive($id: ID!) { archiveTicket(input: { id: $id }) { ticket { version } } }
  `)

  test('mutations record their changes in their writing statement, and neither number nor notify', async () => {
    const { id } = await createIssue(users.reporter, 'CORE', 'Written')
    const mutations: Readonly<Record<string, () => Promise<unknown>>> = {
      create: () => createIssue(users.reporter, 'CORE', 'Created'),
      update: () => users.contributor.ask(Update, { input: { id, title: 'Updated' } }),
      labels: () => users.contributor.ask(SetLabels, { input: { ticketId: id, labelIds } }),
      comment: () => users.reporter.ask(Comment, { input: { ticketId: id, body: 'Text' } }),
      bulk: () => users.contributor.ask(Bulk, { input: { ids: [id], status: 'CLOSED' } }),
      archive: () => users.maintainer.ask(Archive, { id }),
    }
    for (const [name, mutate] of Object.entries(mutations)) {
      const { sent } = await statementsOf(server, mutate)
      const recording = sent.filter((statement) => statement.includes('INSERT INTO changes'))
      expect(recording, name).toHaveLength(1)
      expect(recording[0], name).toMatch(/(INSERT INTO|UPDATE) (tickets|comments)/)
      expect(sent.join('\n'), name).not.toMatch(/notify|number_changes|\bfeed\b/i)
    }
    const { rows } = await server.database.pool.query(`
      SELECT tgrelid::regclass::text AS table, proname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
      WHERE tgrelid IN ('tickets'::regclass, 'comments'::regclass, 'history'::regclass, 'ticket_labels'::regclass, 'changes'::regclass)
        AND prosrc ~ 'notify|number_changes'`)
    expect(rows).toEqual([])
  })

  test('reads a page of tickets and its cursor in one statement, after numbering', async () => {
    expect(await countOf(() => users.viewer.ask(Page))).toBe(2)
  })
})
