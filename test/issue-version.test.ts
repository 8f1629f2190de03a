import { beforeAll, describe, expect, test } from 'vitest'
import type { UpdateIssueInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createLabel, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const IssueChange = graphql(`
  mutation IssueChange($input: UpdateIssueInput!) {
    updateIssue(input: $input) { issue { title description priority status version history { totalCount } } }
  }
`)
const IssueRead = graphql(`
  query IssueRead($id: ID!) {
    issue(id: $id) {
      title description priority status version assignee { username } labels { name }
      history(first: 200) { totalCount nodes { version } }
    }
  }
`)
const IssueAssignExpected = graphql(`
  mutation IssueAssignExpected($input: AssignTicketInput!) {
    assignTicket(input: $input) { ticket { version assignee { username } } }
  }
`)
const IssueLabel = graphql(`
  mutation IssueLabel($input: SetLabelsInput!) { setLabels(input: $input) { ticket { version } } }
`)

const IssueAddLabel = graphql(`
  mutation IssueAddLabel($input: AddLabelsInput!) { addLabels(input: $input) { ticket { version } } }
`)

const change = async (id: string, input: Omit<UpdateIssueInput, 'id'>) =>
  (await users.contributor.ask(IssueChange, { input: { id, ...input } })).updateIssue.issue
const readIssue = async (id: string) => (await users.contributor.ask(IssueRead, { id })).issue

describe('expectedVersion', () => {
  test('merges a change based on an older version with changes of other fields', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title', { description: 'Text' })
    const label = await createLabel(users.maintainer, 'CORE', 'merged')
    await users.maintainer.ask(IssueChange, { input: { id, expectedVersion: 1, title: 'Theirs' } })
    await users.maintainer.ask(IssueLabel, { input: { ticketId: id, expectedVersion: 1, labelIds: [label] } })
    await users.maintainer.ask(IssueAssignExpected, { input: { id, expectedVersion: 1, assigneeId: 'reporter' } })
    expect(await change(id, { expectedVersion: 1, priority: 'HIGH', description: 'Ours' })).toMatchObject({
      version: 5,
    })
    expect(await readIssue(id)).toMatchObject({
      title: 'Theirs',
      description: 'Ours',
      priority: 'HIGH',
      assignee: { username: 'reporter' },
      labels: [{ name: 'merged' }],
      history: { totalCount: 4 },
    })
  })

  test('rejects a conflicting change with both values of each field, and changes nothing', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title', { description: 'Text' })
    await change(id, { title: 'First', priority: 'LOW' })
    await change(id, { title: 'Theirs', status: 'RESOLVED', resolution: 'DUPLICATE' })
    await users.maintainer.ask(IssueAssignExpected, { input: { id, assigneeId: 'reporter' } })
    const before = await readIssue(id)
    const { message, extensions } = await users.maintainer.expectError(IssueChange, {
      input: {
        id,
        expectedVersion: 1,
        title: 'Ours',
        description: 'Unchanged by others',
        status: 'CLOSED',
        resolution: 'WONT_FIX',
        assigneeId: 'maintainer',
      },
    })
    expect(message).toMatch(/^Changed since version 1: .+\. Reload the ticket \(now at version 4\) and retry\.$/)
    expect(extensions).toMatchObject({ code: 'CONFLICT', currentVersion: 4 })
    const fields = extensions?.['fields'] as { field: string }[]
    expect(fields.sort((a, b) => a.field.localeCompare(b.field))).toEqual([
      { field: 'assignee', theirs: 'reporter', yours: 'maintainer' },
      { field: 'resolution', theirs: 'DUPLICATE', yours: 'WONT_FIX' },
      { field: 'status', theirs: 'RESOLVED', yours: 'CLOSED' },
      { field: 'title', theirs: 'Theirs', yours: 'Ours' },
    ])
    expect(await readIssue(id)).toEqual(before)
  })

  test('ignores changes up to expectedVersion', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title')
    await change(id, { title: 'Second' })
    await change(id, { priority: 'LOW' })
    expect(await change(id, { expectedVersion: 2, title: 'Ours' })).toMatchObject({ title: 'Ours', version: 4 })
    expect(await change(id, { expectedVersion: 4, priority: 'HIGH' })).toMatchObject({ priority: 'HIGH', version: 5 })
    expect(await change(id, { expectedVersion: null, title: 'Last' })).toMatchObject({ title: 'Last', version: 6 })
  })

  test('rejects a value that a concurrent change has already set', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title', { description: null })
    await change(id, { title: 'Same', description: 'Theirs' })
    const expectConflict = async (input: Omit<UpdateIssueInput, 'id'>) => {
      const error = await users.contributor.expectError(IssueChange, { input: { id, expectedVersion: 1, ...input } })
      expect(error.extensions).toMatchObject({ code: 'CONFLICT', currentVersion: 2 })
      return error.extensions?.['fields']
    }
    expect(await expectConflict({ title: 'Same' })).toEqual([{ field: 'title', theirs: 'Same', yours: 'Same' }])
    expect(await expectConflict({ title: 'Same', description: 'Ours' })).toEqual([
      { field: 'title', theirs: 'Same', yours: 'Same' },
      { field: 'description', theirs: 'Theirs', yours: 'Ours' },
    ])
    expect(await readIssue(id)).toMatchObject({ version: 2, description: 'Theirs' })
  })

  test('rejects a change of a field that was changed and changed back since then', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title')
    await change(id, { title: 'Away', priority: 'LOW' })
    await change(id, { title: 'Title' })
    for (const title of ['Title', 'Ours']) {
      const { extensions } = await users.contributor.expectError(IssueChange, {
        input: { id, expectedVersion: 1, title },
      })
      expect(extensions?.['fields']).toEqual([{ field: 'title', theirs: 'Title', yours: title }])
    }
    expect(await readIssue(id)).toMatchObject({ version: 3, title: 'Title' })
  })

  test('rejects an assignee and labels that a concurrent change has already set', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title', { assigneeId: 'contributor' })
    const label = await createLabel(users.maintainer, 'CORE', 'set twice')
    const assign = { input: { id, expectedVersion: 1, assigneeId: null } }
    const addLabel = { input: { ticketId: id, expectedVersion: 1, labelIds: [label] } }
    await users.maintainer.ask(IssueAssignExpected, assign)
    await users.maintainer.ask(IssueAddLabel, addLabel)
    const errors = [
      await users.contributor.expectError(IssueAssignExpected, assign),
      await users.contributor.expectError(IssueAddLabel, addLabel),
      await users.contributor.expectError(IssueLabel, addLabel),
    ]
    expect(errors.map(({ extensions }) => [extensions?.code, extensions?.['fields']])).toEqual([
      ['CONFLICT', [{ field: 'assignee', theirs: null, yours: null }]],
      ['CONFLICT', [{ field: 'labels', theirs: 'set twice', yours: 'set twice' }]],
      ['CONFLICT', [{ field: 'labels', theirs: 'set twice', yours: 'set twice' }]],
    ])
    expect(await readIssue(id)).toMatchObject({ version: 3, history: { totalCount: 2 } })
  })

  test('accepts current values of fields that were not changed since then, without a new version', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title', { assigneeId: 'contributor' })
    await change(id, { priority: 'LOW' })
    for (let writer = 0; writer < 2; writer++) {
      const input = { expectedVersion: 1, title: 'Title', status: 'OPEN', assigneeId: 'contributor' } as const
      expect(await change(id, input)).toMatchObject({ version: 2, history: { totalCount: 1 } })
    }
  })

  test('reports a cleared field of a conflict as null', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title', {
      description: 'Text',
      assigneeId: 'contributor',
    })
    await change(id, { description: null })
    const described = await users.contributor.expectError(IssueChange, {
      input: { id, expectedVersion: 1, description: 'Ours' },
    })
    expect(described.extensions?.['fields']).toEqual([{ field: 'description', theirs: null, yours: 'Ours' }])
    await users.maintainer.ask(IssueAssignExpected, { input: { id, assigneeId: 'reporter' } })
    const { extensions } = await users.contributor.expectError(IssueAssignExpected, {
      input: { id, expectedVersion: 1, assigneeId: null },
    })
    expect(extensions?.['fields']).toEqual([{ field: 'assignee', theirs: 'reporter', yours: null }])
  })

  test.each([
    { description: 'in the future', expectedVersion: 3, title: 'Ours' },
    { description: 'before the first one', expectedVersion: 0, title: 'Ours' },
    { description: 'in the future, without a change', expectedVersion: 3, title: 'Second' },
  ])('rejects an expectedVersion $description', async ({ expectedVersion, title }) => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title')
    await change(id, { title: 'Second' })
    const before = await readIssue(id)
    const { errors } = await users.contributor.send(IssueChange, { input: { id, expectedVersion, title } })
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fieldErrors: [{ path: 'input.expectedVersion' }],
    })
    expect(await readIssue(id)).toEqual(before)
  })
})

test.each([
  ['different values', ['One', 'Other']],
  ['equal values', ['One', 'One']],
])('accepts one of two concurrent changes with the same expectedVersion and %s', async (_values, titles) => {
  for (let round = 0; round < 20; round++) {
    const { id } = await createIssue(users.contributor, 'CORE', 'Title')
    const responses = await Promise.all(
      titles.map((title) => users.contributor.send(IssueChange, { input: { id, expectedVersion: 1, title } })),
    )
    const [error, ...none] = responses.flatMap(({ errors }) => errors ?? [])
    expect(none).toEqual([])
    expect(error?.extensions).toMatchObject({ code: 'CONFLICT', currentVersion: 2 })
    expect(await readIssue(id)).toMatchObject({ version: 2, history: { totalCount: 1 } })
  }
})

test('loses no change of ten concurrent clients that retry on CONFLICT', async () => {
  const { id } = await createIssue(users.contributor, 'CORE', 'Contended')
  const labels = await Promise.all(
    Array.from({ length: 10 }, (_, client) => createLabel(users.maintainer, 'CORE', `client ${client}`)),
  )

  /** Retries on CONFLICT. Returns the new version. */
  const changeWithRetries = async (field: 'title' | 'description', text: string): Promise<number> => {
    for (let expectedVersion = 1; ; ) {
      const input = { id, expectedVersion, [field]: text }
      const { data, errors } = await users.contributor.send(IssueChange, { input })
      if (data) return data.updateIssue.issue.version
      expect(errors?.[0]?.extensions?.code).toBe('CONFLICT')
      expectedVersion = errors?.[0]?.extensions?.['currentVersion'] as number
    }
  }
  const label = async (labelId: string): Promise<number> => {
    const { addLabels } = await users.contributor.ask(IssueAddLabel, { input: { ticketId: id, labelIds: [labelId] } })
    return addLabels.ticket.version
  }

  const versionPairs = await Promise.all(
    labels.map(async (labelId, client) => [
      await changeWithRetries(client % 2 ? 'title' : 'description', `By client ${client}`),
      await label(labelId),
    ]),
  )
  const versions = versionPairs.flat().sort((a, b) => a - b)
  expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 2))
  const issue = await readIssue(id)
  expect(issue).toMatchObject({ version: 21, history: { totalCount: 20 } })
  expect(issue?.labels).toHaveLength(10)
  expect(issue?.history.nodes.map(({ version }) => version)).toEqual(versions.toReversed())
})
