import { beforeAll, describe, expect, test } from 'vitest'
import type { UpdateDefectInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createDefect, createIssue, createLabel, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  for (const [id, name] of [
    ['maintainer', 'Mary Maintainer'],
    ['reporter', 'Rita Reporter'],
  ] as const)
    await users.admin.ask(
      graphql(`mutation HistoryRename($input: UpdateUserInput!) { updateUser(input: $input) { user { name } } }`),
      { input: { id, name } },
    )
})

const HistoryOf = graphql(`
  query HistoryOf($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    ticket(id: $id) {
      key version updatedAt archivedAt updatedBy { username }
      history(first: $first, after: $after, last: $last, before: $before) {
        totalCount
        nodes { id actor { username } at version source batch ticket { key } changes { field from to } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
`)
const HistoryPatch = graphql(`
  mutation HistoryPatch($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { version updatedAt } } }
`)
const HistoryPatchIssue = graphql(`
  mutation HistoryPatchIssue($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }
`)
const HistoryAssign = graphql(`
  mutation HistoryAssign($input: AssignTicketInput!) { assignTicket(input: $input) { ticket { version } } }
`)
const HistoryArchive = graphql(`
  mutation HistoryArchive($input: ArchiveTicketInput!) { archiveTicket(input: $input) { ticket { version archivedAt } } }
`)
const HistoryLabels = graphql(`
  mutation HistoryLabels($input: SetLabelsInput!) { setLabels(input: $input) { ticket { version } } }
`)

const historyOf = async (id: string, page: object = {}) => {
  const { ticket } = await users.viewer.ask(HistoryOf, { id, ...page })
  if (!ticket) throw new Error(`There is no ticket ${id}.`)
  return ticket
}

describe('history event', () => {
  test('stores one history event with actor, time and values per change', async () => {
    const { id, key } = await createDefect(users.contributor, 'CORE', 'Solder', { description: 'Text' })
    const steps: readonly [Omit<UpdateDefectInput, 'id'>, Record<string, readonly [string | null, string | null]>][] = [
      [{ title: 'Renamed' }, { title: ['A defect', 'Renamed'] }],
      [{ description: null }, { description: ['Text', null] }],
      [{ description: 'a\n"b"' }, { description: [null, 'a\n"b"'] }],
      [{ priority: 'URGENT' }, { priority: ['MEDIUM', 'URGENT'] }],
      [{ assigneeId: 'maintainer' }, { assignee: [null, 'Mary Maintainer'] }],
      [{ assigneeId: 'reporter' }, { assignee: ['Mary Maintainer', 'Rita Reporter'] }],
      [{ assigneeId: null }, { assignee: ['Rita Reporter', null] }],
      [{ status: 'IN_PROGRESS' }, { status: ['OPEN', 'IN_PROGRESS'] }],
      [{ status: 'CLOSED' }, { status: ['IN_PROGRESS', 'CLOSED'], resolution: [null, 'FIXED'] }],
      [{ resolution: 'WONT_FIX' }, { resolution: ['FIXED', 'WONT_FIX'] }],
      [{ status: 'OPEN' }, { status: ['CLOSED', 'OPEN'], resolution: ['WONT_FIX', null] }],
      [
        { category: 'Paint', subcategory: 'Drip' },
        { category: ['Solder', 'Paint'], subcategory: [null, 'Drip'] },
      ],
      [
        { absn: ' SN1 ', reportedBy: 'Ann' },
        { absn: [null, 'SN1'], reportedBy: ['contributor', 'Ann'] },
      ],
      [
        { severity: 'MINOR', disposition: 'SCRAP' },
        { severity: ['MAJOR', 'MINOR'], disposition: [null, 'SCRAP'] },
      ],
      [
        { disposition: null, subcategory: null },
        { disposition: ['SCRAP', null], subcategory: ['Drip', null] },
      ],
    ]
    for (const [index, [change, details]] of steps.entries()) {
      const { updateDefect } = await users.contributor.ask(HistoryPatch, { input: { id, ...change } })
      const ticket = await historyOf(id)
      expect(ticket).toMatchObject({ version: index + 2, history: { totalCount: index + 1 } })
      const { id: eventId, changes, ...event } = ticket.history.nodes[0] ?? { id: '', changes: [] }
      expect(eventId).toMatch(/^[0-9a-f-]{36}$/)
      expect(event).toEqual({
        actor: { username: 'contributor' },
        at: updateDefect.defect.updatedAt,
        version: index + 2,
        source: 'API',
        batch: null,
        ticket: { key },
      })
      expect(Object.fromEntries(changes.map(({ field, from, to }) => [field, [from, to]]))).toEqual(details)
    }
  })

  test('stores all label names before and after a change in the history', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Labelled')
    const [red, green, blue] = await Promise.all(
      ['red', 'Green', 'blue'].map((name) => createLabel(users.maintainer, 'CORE', name)),
    )
    for (const labelIds of [[red, blue], [green, blue], []])
      await users.contributor.ask(HistoryLabels, { input: { ticketId: id, labelIds: labelIds as string[] } })
    expect((await historyOf(id)).history.nodes.map(({ changes }) => changes)).toEqual([
      [{ field: 'labels', from: 'blue, Green', to: null }],
      [{ field: 'labels', from: 'blue, red', to: 'blue, Green' }],
      [{ field: 'labels', from: null, to: 'blue, red' }],
    ])
  })

  test('stores times of archiving in the history in ISO 8601', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Archived')
    const archive = async (archived: boolean) =>
      (await users.maintainer.ask(HistoryArchive, { input: { id, archived } })).archiveTicket.ticket
    const { archivedAt, version } = await archive(true)
    expect(version).toBe(2)
    expect(new Date(archivedAt ?? '').toISOString()).toBe(archivedAt)
    expect(await archive(true)).toEqual({ archivedAt, version: 2 })
    expect(await archive(false)).toEqual({ archivedAt: null, version: 3 })
    const { history, updatedBy } = await historyOf(id)
    expect(history.nodes.map(({ changes }) => changes)).toEqual([
      [{ field: 'archivedAt', from: archivedAt, to: null }],
      [{ field: 'archivedAt', from: null, to: archivedAt }],
    ])
    expect(updatedBy).toEqual({ username: 'maintainer' })
  })

  test('stores the actor of each change in the history, and the last one in updatedBy', async () => {
    const { id } = await createIssue(users.reporter, 'CORE', 'Of many')
    expect((await historyOf(id)).updatedBy).toBeNull()
    for (const person of [users.reporter, users.contributor, users.admin]) {
      await person.ask(HistoryPatchIssue, { input: { id, title: `By ${person.username}` } })
      expect((await historyOf(id)).updatedBy).toEqual({ username: person.username })
    }
    const { nodes } = (await historyOf(id)).history
    expect(nodes.map(({ actor }) => actor.username)).toEqual(['admin', 'contributor', 'reporter'])
  })

  test('returns a history event as a node, if its ticket is visible', async () => {
    const { id, key } = await createIssue(users.contributor, 'CORE', 'Node')
    await users.contributor.ask(HistoryPatchIssue, { input: { id, title: 'Changed' } })
    const event = (await historyOf(id)).history.nodes[0]
    const HistoryNode = graphql(`
      query HistoryNode($id: ID!) { node(id: $id) { id ... on HistoryEvent { version ticket { key } } } }
    `)
    const { node } = await users.viewer.ask(HistoryNode, { id: event?.id ?? '' })
    expect(node).toEqual({ id: event?.id, version: 2, ticket: { key } })
    expect((await users.outsider.ask(HistoryNode, { id: event?.id ?? '' })).node).toBeNull()
  })
})

test('pages through history newest first, from both ends', async () => {
  const { id } = await createIssue(users.contributor, 'CORE', 'Paged')
  for (let version = 2; version <= 8; version++)
    await users.contributor.ask(HistoryPatchIssue, { input: { id, title: `Version ${version}` } })
  const versionsOf = async (page: object) => {
    const { history } = await historyOf(id, page)
    expect(history.totalCount).toBe(7)
    return { versions: history.nodes.map(({ version }) => version), ...history.pageInfo }
  }
  const first = await versionsOf({ first: 3 })
  expect(first).toMatchObject({ versions: [8, 7, 6], hasNextPage: true, hasPreviousPage: false })
  await users.contributor.ask(HistoryPatchIssue, { input: { id, title: 'Version 7' } }).then(async () => {
    const { history } = await historyOf(id, { first: 3, after: first.endCursor })
    expect(history.nodes.map(({ version }) => version)).toEqual([5, 4, 3])
    const last = await historyOf(id, { last: 2 })
    expect(last.history.nodes.map(({ version }) => version)).toEqual([3, 2])
    const before = await historyOf(id, { last: 2, before: last.history.pageInfo.startCursor })
    expect(before.history.nodes.map(({ version }) => version)).toEqual([5, 4])
  })
})

test('stores no history for a rejected mutation', async () => {
  const { id } = await createIssue(users.contributor, 'CORE', 'Refused')
  await users.contributor.ask(HistoryPatchIssue, { input: { id, title: 'Second' } })
  const before = await historyOf(id)
  const label = await createLabel(users.maintainer, 'CORE', 'unused')
  const rejections = [
    users.contributor.expectError(HistoryPatchIssue, { input: { id, expectedVersion: 1, title: 'Conflict' } }),
    users.contributor.expectError(HistoryPatchIssue, { input: { id, title: 'Good', assigneeId: 'nosuchuser' } }),
    users.contributor.expectError(HistoryPatchIssue, { input: { id, title: 'Good', resolution: 'FIXED' } }),
    users.contributor.expectError(HistoryArchive, { input: { id } }),
    users.viewer.expectError(HistoryPatchIssue, { input: { id, title: 'Forbidden' } }),
    users.viewer.expectError(HistoryAssign, { input: { id, assigneeId: 'viewer' } }),
    users.outsider.expectError(HistoryPatchIssue, { input: { id, title: 'Unseen' } }),
    users.contributor.expectError(HistoryLabels, { input: { ticketId: id, labelIds: [label, crypto.randomUUID()] } }),
  ]
  expect((await Promise.all(rejections)).map(({ extensions }) => extensions?.code)).toEqual([
    'CONFLICT',
    'BAD_USER_INPUT',
    'BAD_USER_INPUT',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'BAD_USER_INPUT',
  ])
  expect(await historyOf(id)).toEqual(before)
})

test('runs the mutations of a document in order, each on the state after the previous one', async () => {
  const { id } = await createIssue(users.contributor, 'CORE', 'Twice', { assigneeId: 'contributor' })
  const label = await createLabel(users.maintainer, 'CORE', 'seen')
  const HistoryTwice = graphql(`
    mutation HistoryTwice($id: ID!, $label: ID!) {
      a: updateIssue(input: { id: $id, title: "First", assigneeId: "maintainer" }) {
        issue { version title commentCount assignee { name } labels { name } history { totalCount nodes { version } } }
      }
      b: setLabels(input: { ticketId: $id, labelIds: [$label] }) {
        ticket { version title commentCount assignee { name } labels { name } history { totalCount nodes { version } } }
      }
      c: addComment(input: { ticketId: $id, body: "Said" }) {
        comment { ticket { version commentCount labels { name } comments { totalCount nodes { body } } } }
      }
      d: updateIssue(input: { id: $id, assigneeId: null }) {
        issue { version title commentCount assignee { name } labels { name } history { totalCount nodes { version } } }
      }
    }
  `)
  const { a, b, c, d } = await users.contributor.ask(HistoryTwice, { id, label })
  const [reassigned, labels] = [{ title: 'First', assignee: { name: 'Mary Maintainer' } }, [{ name: 'seen' }]]
  expect(a.issue).toMatchObject({ ...reassigned, version: 2, labels: [], commentCount: 0, history: { totalCount: 1 } })
  expect(b.ticket).toMatchObject({ ...reassigned, version: 3, labels, commentCount: 0, history: { totalCount: 2 } })
  const comments = { totalCount: 1, nodes: [{ body: 'Said' }] }
  expect(c.comment.ticket).toEqual({ version: 3, labels, commentCount: 1, comments })
  expect(d.issue).toMatchObject({ title: 'First', assignee: null, version: 4, labels, commentCount: 1 })
  expect(d.issue.history).toEqual({ totalCount: 3, nodes: [{ version: 4 }, { version: 3 }, { version: 2 }] })
})
