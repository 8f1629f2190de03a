import { beforeAll, describe, expect, test } from 'vitest'
import type { ChangesOfQuery, ChangesOfQueryVariables } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { importCsv } from './support/imports.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  setMember,
  type TestUsers,
} from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const Changes = graphql(`
  query ChangesOf($filter: TicketFilter, $types: [ChangeType!], $sources: [ChangeSource!], $after: String, $first: Int) {
    changes(filter: $filter, types: $types, sources: $sources, after: $after, first: $first) {
      cursor caughtUp
      changes {
        id cursor type at source batch ticketId key version matches commentId
        actor { username } fields { field from to } ticket { key title } comment { body }
      }
    }
  }
`)
const Cursor = graphql(`
  query ChangesCursor { tickets(first: 0) { changesCursor } }
`)
const Update = graphql(`
  mutation ChangesUpdate($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }
`)
const Bulk = graphql(`
  mutation ChangesBulk($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { batch } }
`)
const Comment = graphql(`
  mutation ChangesComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)
const EditComment = graphql(`
  mutation ChangesEditComment($id: ID!, $body: String!) {
    editComment(input: { id: $id, body: $body }) { comment { id } }
  }
`)
const DeleteComment = graphql(`
  mutation ChangesDeleteComment($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }
`)
const Archive = graphql(`
  mutation ChangesArchive($id: ID!, $archived: Boolean!) {
    archiveTicket(input: { id: $id, archived: $archived }) { ticket { version } }
  }
`)
const Labels = graphql(`
  mutation ChangesLabels($ticket: ID!, $label: ID!) {
    addLabels(input: { ticketId: $ticket, labelIds: [$label] }) { ticket { version } }
    deleteLabel(input: { id: $label }) { deletedLabelId }
  }
`)
const Undo = graphql(`
  mutation ChangesUndo($id: ID!) { undoImport(input: { importId: $id }) { undoneCount } }
`)

type Batch = ChangesOfQuery['changes']

/** Numbers earlier changes, which are in the page but otherwise follow its cursor. */
async function cursorOf(client: Client): Promise<string> {
  await read(client, {})
  return (await client.ask(Cursor)).tickets.changesCursor
}
const read = async (client: Client, variables: ChangesOfQueryVariables) =>
  (await client.ask(Changes, variables)).changes

/** All changes after a cursor, in batches of a size. */
async function follow(client: Client, variables: ChangesOfQueryVariables): Promise<Batch['changes']> {
  const batch = await read(client, variables)
  return batch.caughtUp
    ? batch.changes
    : [...batch.changes, ...(await follow(client, { ...variables, after: batch.cursor }))]
}

/** The changes that an action makes, for a client. */
async function changesOf(
  action: () => Promise<unknown>,
  { client = users.admin, ...variables }: ChangesOfQueryVariables & { client?: Client } = {},
) {
  const after = await cursorOf(client)
  await action()
  return follow(client, { ...variables, after })
}

const summaryOf = ({ type, key, version, source }: Batch['changes'][number]) => ({ type, key, version, source })

describe('changes', () => {
  test('contains the changes of tickets and comments by mutations in their order, with the state of the ticket', async () => {
    let comment = ''
    let issue = { id: '', key: '' }
    const changes = await changesOf(async () => {
      issue = await createIssue(users.reporter, 'CORE', 'First title')
      await users.contributor.ask(Update, { input: { id: issue.id, title: 'Second title', priority: 'HIGH' } })
      const input = { ticketId: issue.id, body: 'First text' }
      comment = (await users.reporter.ask(Comment, { input })).addComment.comment.id
      await users.reporter.ask(EditComment, { id: comment, body: 'Second text' })
      await users.maintainer.ask(Archive, { id: issue.id, archived: true })
      await users.maintainer.ask(Archive, { id: issue.id, archived: false })
      await users.reporter.ask(DeleteComment, { id: comment })
    })
    expect(changes.map(summaryOf)).toEqual(
      (
        [
          ['TICKET_CREATED', 1],
          ['TICKET_UPDATED', 2],
          ['COMMENT_ADDED', null],
          ['COMMENT_EDITED', null],
          ['TICKET_ARCHIVED', 3],
          ['TICKET_RESTORED', 4],
          ['COMMENT_DELETED', null],
        ] as const
      ).map(([type, version]) => ({ type, key: issue.key, version, source: 'API' })),
    )
    expect(changes[1]).toMatchObject({
      actor: { username: 'contributor' },
      batch: null,
      ticketId: issue.id,
      ticket: { key: issue.key, title: 'Second title' },
      matches: true,
      fields: [
        { field: 'title', from: 'First title', to: 'Second title' },
        { field: 'priority', from: 'MEDIUM', to: 'HIGH' },
      ],
    })
    expect(changes[2]).toMatchObject({ commentId: comment, comment: null, fields: [] })
  })

  test('contains a bulk change, the deletion of a label, an import and its undo, each ticket with the batch', async () => {
    const label = await createLabel(users.maintainer, 'CORE', 'Temporary')
    const issues = [await createIssue(users.reporter, 'CORE', 'One'), await createIssue(users.reporter, 'CORE', 'Two')]
    const ids = issues.map(({ id }) => id)
    const changes = await changesOf(async () => {
      await users.contributor.ask(Bulk, { input: { ids, status: 'CLOSED' } })
      await users.maintainer.ask(Labels, { ticket: ids[0] ?? '', label })
      const file = `externalKey,title,status,createdAt,resolvedAt\nlive-1,New,CLOSED,2024-01-01,2024-01-02\n`
      const { id } = await importCsv(users.maintainer, file, { projectId: 'CORE', kind: 'ISSUE' })
      await importCsv(users.maintainer, 'externalKey,title\nlive-1,Renamed\n', {
        projectId: 'CORE',
        kind: 'ISSUE',
      }).then((update) => users.maintainer.ask(Undo, { id: update.id }))
      await users.maintainer.ask(Undo, { id })
    })
    expect(changes.map(({ type, version, source }) => [type, version, source])).toEqual([
      ['TICKET_UPDATED', 2, 'BULK'],
      ['TICKET_UPDATED', 2, 'BULK'],
      ['TICKET_UPDATED', 3, 'API'],
      ['TICKET_UPDATED', 4, 'BULK'],
      ['TICKET_CREATED', 1, 'IMPORT'],
      ['TICKET_UPDATED', 2, 'IMPORT'],
      ['TICKET_UPDATED', 3, 'IMPORT'],
      ['TICKET_UPDATED', 4, 'IMPORT'],
      ['TICKET_DELETED', null, 'IMPORT'],
    ])
    expect(changes[0]?.batch).toBe(changes[1]?.batch)
    expect(changes.at(-1)).toMatchObject({ ticket: null, matches: false })
    expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length)
  })

  test('records nothing for a change without effect and for a rejected one', async () => {
    const issue = await createIssue(users.reporter, 'CORE', 'Same')
    const changes = await changesOf(async () => {
      await users.contributor.ask(Update, { input: { id: issue.id, title: 'Same' } })
      await users.contributor.expectError(Update, { input: { id: issue.id, title: 'Other', expectedVersion: 9 } })
      await users.viewer.expectError(Update, { input: { id: issue.id, title: 'Other' } })
      await importCsv(users.maintainer, 'title\nDry\n', { projectId: 'CORE', kind: 'ISSUE', dryRun: true })
    })
    expect(changes).toEqual([])
  })

  test('reads batches of any size, and continues from the cursor of a change', async () => {
    const after = await cursorOf(users.viewer)
    for (const title of ['A', 'B', 'C']) await createIssue(users.reporter, 'CORE', title)
    const all = await follow(users.viewer, { after })
    expect(all.map(({ ticket }) => ticket?.title)).toEqual(['A', 'B', 'C'])
    expect((await follow(users.viewer, { after, first: 1 })).map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    const rest = await read(users.viewer, { after: all[0]?.cursor ?? '' })
    expect(rest).toMatchObject({ caughtUp: true, changes: [{ id: all[1]?.id }, { id: all[2]?.id }] })
    expect((await read(users.viewer, { after: rest.cursor })).changes).toEqual([])
  })

  test('does not repeat after the cursor of a list what the list contains', async () => {
    await createIssue(users.reporter, 'CORE', 'Without a position')
    const { tickets } = await users.viewer.ask(Cursor)
    expect((await read(users.viewer, { after: tickets.changesCursor })).changes).toEqual([])
  })

  test('returns tickets that may have left the filter with `matches: false`, and no others', async () => {
    const inCore = await createIssue(users.reporter, 'CORE', 'Leaving')
    const other = await createProject(users.maintainer, 'OTHER')
    const inOther = await createIssue(users.maintainer, other.key, 'Elsewhere')
    const filter = { project: { eq: 'CORE' }, status: { eq: 'OPEN' } } as const
    const changes = await changesOf(
      async () => {
        for (const { id } of [inCore, inOther]) {
          await users.maintainer.ask(Update, { input: { id, status: 'RESOLVED' } })
          await users.maintainer.ask(Update, { input: { id, title: 'Resolved' } })
          await users.maintainer.ask(Update, { input: { id, status: 'OPEN', title: 'Open again' } })
        }
      },
      { filter },
    )
    // The ticket is open again when the changes are read.
    expect(changes.map(({ key, version, matches }) => [key, version, matches])).toEqual([
      [inCore.key, 2, true],
      [inCore.key, 3, true],
      [inCore.key, 4, true],
    ])
    const leaving = await changesOf(
      async () => {
        await users.maintainer.ask(Update, { input: { id: inCore.id, status: 'CLOSED' } })
        await users.maintainer.ask(Update, { input: { id: inCore.id, title: 'Closed' } })
        await users.maintainer.ask(Update, { input: { id: inOther.id, status: 'CLOSED' } })
      },
      { filter },
    )
    expect(leaving.map(({ key, version, matches }) => [key, version, matches])).toEqual([[inCore.key, 5, false]])
  })

  test('returns a ticket that left the filter by the last of several changes with `matches: false`', async () => {
    const { id, key } = await createIssue(users.reporter, 'CORE', 'Leaving by two changes')
    const other = await createIssue(users.reporter, 'CORE', 'Closed before')
    await users.maintainer.ask(Update, { input: { id: other.id, status: 'CLOSED' } })
    const filter = { status: { eq: 'OPEN' } } as const
    const changes = await changesOf(
      async () => {
        await users.maintainer.ask(Update, { input: { id: other.id, title: 'Still closed' } })
        await users.maintainer.ask(Update, { input: { id, title: 'Leaving' } })
        await users.maintainer.ask(Update, { input: { id, status: 'CLOSED' } })
        await users.maintainer.ask(Archive, { id, archived: true })
      },
      { filter },
    )
    expect(changes.map((change) => [change.key, change.version, change.matches])).toEqual([
      [key, 2, false],
      [key, 3, false],
    ])
  })

  test('returns changes of the selected types and sources only', async () => {
    const defect = await createDefect(users.reporter, 'CORE', 'Solder')
    const action = async () => {
      await users.reporter.ask(Comment, { input: { ticketId: defect.id, body: 'Text' } })
      await users.contributor.ask(Bulk, { input: { ids: [defect.id], status: 'IN_PROGRESS' } })
      await users.contributor.ask(Bulk, { input: { ids: [defect.id], status: 'OPEN' } })
    }
    expect((await changesOf(action, { types: ['COMMENT_ADDED'] })).map(({ type }) => type)).toEqual(['COMMENT_ADDED'])
    expect((await changesOf(action, { sources: ['BULK'] })).map(({ source }) => source)).toEqual(['BULK', 'BULK'])
    expect(await changesOf(action, { types: [] })).toEqual([])
  })

  test('hides changes of projects that the viewer cannot see', async () => {
    const action = async () => {
      const { id } = await createIssue(users.reporter, 'CORE', 'Hidden')
      await users.contributor.ask(Update, { input: { id, title: 'Still hidden' } })
    }
    expect(await changesOf(action, { client: users.outsider })).toEqual([])
    expect(await changesOf(action, { client: users.viewer })).toHaveLength(2)
  })

  test('a cursor expires with a change of the visible projects, not with a new project', async () => {
    const cursor = await cursorOf(users.outsider)
    const project = await createProject(users.maintainer, 'LATER')
    await read(users.outsider, { after: cursor })
    const afterCreation = await cursorOf(users.outsider)
    await setMember(users.maintainer, project.key, users.outsider.id, 'VIEWER')
    const { extensions } = await users.outsider.expectError(Changes, { after: afterCreation })
    expect(extensions?.code).toBe('CURSOR_EXPIRED')
    const asMember = await cursorOf(users.outsider)
    await read(users.outsider, { after: asMember })
    await setMember(users.maintainer, project.key, users.outsider.id, null)
    expect((await users.outsider.expectError(Changes, { after: asMember })).extensions?.code).toBe('CURSOR_EXPIRED')
  })

  test('a cursor expires with the epoch of the feed and with the deletion of later changes', async () => {
    const cursor = await cursorOf(users.admin)
    await createIssue(users.reporter, 'CORE', 'Deleted from the feed')
    await follow(users.admin, { after: cursor })
    const { pool } = server.database
    await pool.query('UPDATE feed SET floor = last')
    expect((await users.admin.expectError(Changes, { after: cursor })).extensions?.code).toBe('CURSOR_EXPIRED')
    const lastCursor = await cursorOf(users.admin)
    expect((await read(users.admin, { after: lastCursor })).caughtUp).toBe(true)
    expect((await read(users.admin, {})).changes).toEqual([])
    await pool.query('UPDATE feed SET epoch = new_id()')
    const { message, extensions } = await users.admin.expectError(Changes, { after: lastCursor })
    expect(extensions?.code).toBe('CURSOR_EXPIRED')
    expect(message).toMatch(/changesCursor/)
  })

  test('reports every invalid argument', async () => {
    const { extensions } = await users.admin.expectError(Changes, { after: 'nonsense', first: 101 })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(['after', 'first'])
    expect((await users.admin.expectError(Changes, { filter: { title: { eq: 'a\0' } } })).extensions?.code).toBe(
      'BAD_USER_INPUT',
    )
  })

  test('reads tickets, actors and comments in one statement after numbering', async () => {
    const after = await cursorOf(users.admin)
    const { id } = await createIssue(users.reporter, 'CORE', 'One statement')
    await users.reporter.ask(Comment, { input: { ticketId: id, body: 'Text' } })
    await read(users.admin, { after })
    const { result, sent } = await statementsOf(server, () => read(users.admin, { after }))
    expect(result.changes).toHaveLength(2)
    expect(sent.filter((statement) => !statement.includes('last_number'))).toHaveLength(2)
  })
})
