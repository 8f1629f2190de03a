import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv } from './support/imports.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Undo = graphql(`
  mutation Undo($id: ID!, $dryRun: Boolean) {
    undoImport(input: { importId: $id, dryRun: $dryRun }) {
      import { undoneAt tickets { totalCount } }
      undoneCount refusedCount refused { ticket { key } reason }
    }
  }
`)
const Patch = graphql(
  `mutation UndoPatch($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { version } } }`,
)
const Comment = graphql(
  `mutation UndoComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
)
const History = graphql(`
  query UndoneHistory($id: ID!) {
    ticket(id: $id) { version title history(first: 1) { nodes { source batch changes { field from to } } } }
  }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
})

let projects = 0
const newProject = async () => (await createProject(users.maintainer, `UNDO${++projects}`, 'CONTRIBUTOR')).key

/** The content of the database as text, except imports and sessions. */
async function dump(): Promise<string> {
  const tables = [
    'users',
    'projects',
    'project_members',
    'labels',
    'defect_terms',
    'tickets',
    'ticket_labels',
    'comments',
    'history',
  ]
  const rows = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await server.database.pool.query(
        `SELECT to_jsonb(row)::text AS row FROM ${table} row ORDER BY 1`,
      )
      return [table, ...rows.map(({ row }) => row)].join('\n')
    }),
  )
  return rows.join('\n')
}

const header = 'externalKey,title,category,subcategory,labels,status\n'

describe('undoImport', () => {
  test('restores the database by the undo of an import, and changes nothing in a dry run', async () => {
    const projectId = await newProject()
    await createDefect(users.maintainer, projectId, 'Solder')
    const before = await dump()
    const csv = `${header}1,One,Solder,Bridge,new;ui,closed\n2,Two,Dent,,ui,\n`
    const { id, ...importResult } = await importCsv(users.maintainer, csv, {
      projectId,
      kind: 'DEFECT',
      createLabels: true,
    })
    expect(countsOf({ id, ...importResult })).toEqual([2, 0, 0, 0])
    expect(await dump()).not.toBe(before)

    const dryRunResult = (await users.maintainer.ask(Undo, { id, dryRun: true })).undoImport
    expect(dryRunResult).toMatchObject({
      undoneCount: 2,
      refusedCount: 0,
      import: { undoneAt: null, tickets: { totalCount: 2 } },
    })
    const undoResult = (await users.maintainer.ask(Undo, { id })).undoImport
    expect(undoResult).toMatchObject({
      undoneCount: 2,
      refused: [],
      import: { undoneAt: expect.any(String), tickets: { totalCount: 0 } },
    })
    expect(await dump()).toBe(before)
    expect((await users.maintainer.expectError(Undo, { id })).extensions?.code).toBe('CONFLICT')
  })

  test('locks the project before the totals of its tickets, as the creation of a ticket does', async () => {
    const projectId = await newProject()
    const { id } = await importCsv(users.maintainer, 'title\nOne\n', { projectId, kind: 'ISSUE' })
    const { sent } = await statementsOf(server, () => users.maintainer.ask(Undo, { id }))
    const [lock, deletion] = [/FROM projects p .*FOR NO KEY UPDATE/s, /DELETE FROM tickets/].map((pattern) =>
      sent.findIndex((statement) => pattern.test(statement)),
    ) as [number, number]
    expect(lock).toBeGreaterThan(-1)
    expect(deletion).toBeGreaterThan(lock)
  })

  test('restores tickets that an import changed, and records the undo in their history', async () => {
    const projectId = await newProject()
    const input: ImportOptions = { projectId, kind: 'DEFECT', createLabels: true }
    await importCsv(users.maintainer, `${header}1,One,Solder,,ui,\n`, input)
    const { id, tickets } = await importCsv(users.maintainer, `${header}1,Uno,Dent,Deep,net,resolved\n`, input)
    const key = tickets.nodes[0]?.key ?? ''
    const fields = async () =>
      (
        await server.database.pool.query(
          'SELECT title, category, subcategory, status, resolution, resolved_at FROM tickets WHERE project_id = (SELECT id FROM projects WHERE key = $1)',
          [projectId],
        )
      ).rows
    expect(await fields()).toMatchObject([{ title: 'Uno', category: 'Dent', status: 'RESOLVED' }])
    await users.maintainer.ask(Undo, { id })
    expect(await fields()).toEqual([
      { title: 'One', category: 'Solder', subcategory: null, status: 'OPEN', resolution: null, resolved_at: null },
    ])
    expect((await users.admin.ask(History, { id: key })).ticket).toMatchObject({
      version: 3,
      history: {
        nodes: [
          {
            source: 'IMPORT',
            batch: id,
            changes: [
              { field: 'title', from: 'Uno', to: 'One' },
              { field: 'status', from: 'RESOLVED', to: 'OPEN' },
              { field: 'resolution', from: 'FIXED', to: null },
              { field: 'category', from: 'Dent', to: 'Solder' },
              { field: 'subcategory', from: 'Deep', to: null },
              { field: 'labels', from: 'net', to: 'ui' },
            ],
          },
        ],
      },
    })
    expect((await users.maintainer.expectError(Undo, { id })).extensions?.code).toBe('CONFLICT')
  })

  test('does not undo changes of tickets that were changed or commented on since the import', async () => {
    const projectId = await newProject()
    const input: ImportOptions = { projectId, kind: 'DEFECT' }
    const { id } = await importCsv(users.contributor, `${header}1,One,Dent,,,\n2,Two,Dent,,,\n3,Three,Dent,,,\n`, input)
    await users.maintainer.ask(Patch, { input: { id: `${projectId}-1`, severity: 'CRITICAL' } })
    await users.reporter.ask(Comment, { input: { ticketId: `${projectId}-2`, body: 'Seen' } })
    const { undoImport } = await users.contributor.ask(Undo, { id })
    expect(undoImport).toMatchObject({
      undoneCount: 1,
      refusedCount: 2,
      refused: [
        { ticket: { key: `${projectId}-1` }, reason: 'Changed by maintainer since the import.' },
        { ticket: { key: `${projectId}-2` }, reason: 'Commented on since the import.' },
      ],
      import: { tickets: { totalCount: 2 } },
    })
    expect((await createIssue(users.maintainer, projectId, 'Next')).key).toBe(`${projectId}-4`)
  })

  test('rejects the undo of a dry run and of a rejected import', async () => {
    const projectId = await newProject()
    const input: ImportOptions = { projectId, kind: 'DEFECT' }
    const dryRun = await importCsv(users.contributor, `${header}1,One,Dent,,,\n`, { ...input, dryRun: true })
    const rejected = await importCsv(users.contributor, `${header}1,One,,,,\n`, input)
    for (const { id } of [dryRun, rejected])
      expect((await users.contributor.expectError(Undo, { id })).extensions?.code).toBe('CONFLICT')
  })

  test('permits the undo of an import to its user and to maintainers, and hides invisible imports', async () => {
    const projectId = (await createProject(users.maintainer, `UNDO${++projects}`)).key
    const { id } = await importCsv(users.admin, `${header}1,One,Dent,,,\n`, { projectId, kind: 'DEFECT' })
    expect((await users.contributor.expectError(Undo, { id })).extensions?.code).toBe('NOT_FOUND')
    expect((await users.contributor.expectError(Undo, { id: crypto.randomUUID() })).extensions?.code).toBe('NOT_FOUND')
    const open = await newProject()
    const other = await importCsv(users.admin, `${header}1,One,Dent,,,\n`, { projectId: open, kind: 'DEFECT' })
    expect((await users.contributor.expectError(Undo, { id: other.id })).extensions?.code).toBe('FORBIDDEN')
    expect((await users.maintainer.ask(Undo, { id: other.id })).undoImport.undoneCount).toBe(1)
  })
})
