import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { importCsv } from './support/imports.ts'
import { createIssue, createLabel, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const UndoBatch = graphql(`
  mutation UndoBatch($batch: ID!, $dryRun: Boolean) {
    undoBatch(input: { batch: $batch, dryRun: $dryRun }) {
      batch undoneCount refusedCount
      tickets { id version status resolution resolvedAt labels { name } history(first: 2) { nodes { source batch reverted changes { field from to } } } }
      refused { ticket { id } reason }
    }
  }
`)
const Bulk = graphql(`
  mutation UndoBatchBulk($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { batch } }
`)
const Update = graphql(`
  mutation UndoBatchUpdate($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version resolvedAt } } }
`)
const State = graphql(`
  query UndoBatchState($id: ID!) {
    ticket(id: $id) { version status resolution resolvedAt labels { id name color description } }
    reports(filter: { id: { eq: $id } }) { reopenRate(from: "-P1D") { resolved reopened } }
  }
`)
const Labels = graphql(`
  mutation UndoBatchLabels($ticket: ID!, $label: ID!) {
    addLabels(input: { ticketId: $ticket, labelIds: [$label] }) { ticket { version } }
  }
`)
const DeleteLabel = graphql(`
  mutation UndoBatchDeleteLabel($id: ID!) { deleteLabel(input: { id: $id }) { deletedLabelId } }
`)
const History = graphql(`
  query UndoBatchHistory($id: ID!) { ticket(id: $id) { history(first: 1) { nodes { batch source } } } }
`)

const undo = async (batch: string, dryRun = false) =>
  (await users.contributor.ask(UndoBatch, { batch, dryRun })).undoBatch
const stateOf = (id: string) => users.contributor.ask(State, { id })
const close = async (ids: readonly string[]) =>
  (await users.contributor.ask(Bulk, { input: { ids: [...ids], status: 'CLOSED', resolution: 'WONT_FIX' } }))
    .bulkUpdateStatus.batch ?? ''
const lastBatch = async (id: string) =>
  (await users.contributor.ask(History, { id })).ticket?.history.nodes[0]?.batch ?? ''

describe('undoBatch', () => {
  test('restores status, resolution and its time as a new version, which reports ignore', async () => {
    const open = await createIssue(users.contributor, 'CORE', 'Open')
    const resolved = await createIssue(users.contributor, 'CORE', 'Resolved')
    await users.contributor.ask(Update, { input: { id: resolved.id, status: 'RESOLVED', resolution: 'DUPLICATE' } })
    const before = await stateOf(resolved.id)
    const batch = await close([open.id, resolved.id])
    await users.contributor.ask(Update, { input: { id: open.id, title: 'Another title' } })

    expect(await undo(batch, true)).toMatchObject({ batch: null, undoneCount: 2, refusedCount: 0 })
    expect((await stateOf(open.id)).ticket).toMatchObject({ status: 'CLOSED', version: 3 })
    const result = await undo(batch)
    expect(result).toMatchObject({ undoneCount: 2, refusedCount: 0, refused: [] })
    expect(result.tickets.map(({ id }) => id)).toEqual([open.id, resolved.id].sort())
    expect(result.tickets.find(({ id }) => id === open.id)).toMatchObject({
      version: 4,
      status: 'OPEN',
      resolution: null,
      resolvedAt: null,
      history: {
        nodes: [
          {
            source: 'UNDO',
            batch: result.batch,
            reverted: true,
            changes: [
              { field: 'status', from: 'CLOSED', to: 'OPEN' },
              { field: 'resolution', from: 'WONT_FIX', to: null },
            ],
          },
          { source: 'API', reverted: false },
        ],
      },
    })
    const after = await stateOf(resolved.id)
    expect(after.ticket).toMatchObject({ ...before.ticket, version: 4 })
    expect(after.reports).toEqual(before.reports)
    expect((await stateOf(open.id)).reports.reopenRate).toMatchObject({ resolved: 0, reopened: 0 })
  })

  test('keeps tickets whose status was changed since, and names who changed it', async () => {
    const changed = await createIssue(users.contributor, 'CORE', 'Changed')
    const unchanged = await createIssue(users.contributor, 'CORE', 'Unchanged')
    const batch = await close([changed.id, unchanged.id])
    await users.maintainer.ask(Update, { input: { id: changed.id, status: 'IN_PROGRESS' } })
    expect(await undo(batch)).toMatchObject({
      undoneCount: 1,
      refusedCount: 1,
      tickets: [{ id: unchanged.id, status: 'OPEN' }],
      refused: [{ ticket: { id: changed.id }, reason: 'Changed by maintainer since the bulk change.' }],
    })
    expect((await stateOf(changed.id)).ticket).toMatchObject({ status: 'IN_PROGRESS', version: 3 })
  })

  test('restores a deleted label with its color on its tickets, or uses the label that replaced it', async () => {
    const label = await createLabel(users.maintainer, 'CORE', 'Returning')
    const issues = [
      await createIssue(users.contributor, 'CORE', 'A'),
      await createIssue(users.contributor, 'CORE', 'B'),
    ]
    for (const { id } of issues) await users.contributor.ask(Labels, { ticket: id, label })
    const [first = { id: '' }] = issues
    const before = await stateOf(first.id)
    await users.maintainer.ask(DeleteLabel, { id: label })
    const batch = await lastBatch(first.id)
    const denied = await users.contributor.expectError(UndoBatch, { batch })
    expect(denied.extensions?.code).toBe('FORBIDDEN')
    const { undoBatch } = await users.maintainer.ask(UndoBatch, { batch })
    expect(undoBatch).toMatchObject({ undoneCount: 2, refusedCount: 0 })
    expect((await stateOf(first.id)).ticket?.labels).toEqual(before.ticket?.labels)

    await users.maintainer.ask(DeleteLabel, { id: label })
    const secondBatch = await lastBatch(first.id)
    const replacement = await createLabel(users.maintainer, 'CORE', 'RETURNING')
    await users.maintainer.ask(UndoBatch, { batch: secondBatch })
    expect((await stateOf(first.id)).ticket?.labels).toMatchObject([{ id: replacement, name: 'RETURNING' }])
  })

  test('rejects a batch that was undone, is an undo, is an import, or has no stored values', async () => {
    const codeAndMessage = async (batch: string) => {
      const { message, extensions } = await users.contributor.expectError(UndoBatch, { batch })
      return [extensions?.code, message]
    }
    const issue = await createIssue(users.contributor, 'CORE', 'Once')
    const batch = await close([issue.id])
    const { batch: undoId } = await undo(batch)
    expect(await codeAndMessage(batch)).toEqual(['CONFLICT', expect.stringMatching(/already undone/)])
    expect(await codeAndMessage(undoId ?? '')).toEqual(['CONFLICT', expect.stringMatching(/is an undo/)])
    const { tickets } = await importCsv(users.contributor, 'externalKey,title\nundo-1,Old\n', {
      projectId: 'CORE',
      kind: 'ISSUE',
    })
    await importCsv(users.contributor, 'externalKey,title\nundo-1,New\n', { projectId: 'CORE', kind: 'ISSUE' })
    const importBatch = await lastBatch(tickets.nodes[0]?.id ?? '')
    expect(await codeAndMessage(importBatch)).toEqual(['CONFLICT', expect.stringMatching(/undoImport/)])
    const old = await close([issue.id])
    await server.database.pool.query('UPDATE history SET before = NULL WHERE batch = $1', [old])
    expect(await codeAndMessage(old)).toEqual(['CONFLICT', expect.stringMatching(/earlier version/)])
    expect(await codeAndMessage(crypto.randomUUID())).toEqual(['NOT_FOUND', expect.any(String)])
    expect((await stateOf(issue.id)).ticket).toMatchObject({ status: 'CLOSED', version: 4 })
  })

  test('changes nothing if the viewer cannot change all tickets of the batch', async () => {
    const other = await createProject(users.maintainer, 'OTHER', 'VIEWER')
    const tickets = [
      await createIssue(users.maintainer, 'CORE', 'Mine'),
      await createIssue(users.maintainer, other.key, 'Theirs'),
    ]
    const { bulkUpdateStatus } = await users.maintainer.ask(Bulk, {
      input: { ids: tickets.map(({ id }) => id), status: 'CLOSED' },
    })
    const { extensions } = await users.contributor.expectError(UndoBatch, { batch: bulkUpdateStatus.batch ?? '' })
    expect(extensions).toMatchObject({ code: 'FORBIDDEN', fieldErrors: [{ path: 'input.batch' }] })
    for (const { id } of tickets)
      expect((await users.maintainer.ask(State, { id })).ticket).toMatchObject({ status: 'CLOSED' })
  })

  test('undoes a batch once if two requests undo it concurrently', async () => {
    const issues = await Promise.all(['A', 'B', 'C'].map((title) => createIssue(users.contributor, 'CORE', title)))
    const batch = await close(issues.map(({ id }) => id))
    const results = await Promise.all([1, 2].map(() => users.contributor.send(UndoBatch, { batch })))
    expect(
      results.map(({ data, errors }) => data?.undoBatch.undoneCount ?? errors?.[0]?.extensions?.code).sort(),
    ).toEqual([3, 'CONFLICT'])
    for (const { id } of issues) expect((await stateOf(id)).ticket).toMatchObject({ status: 'OPEN', version: 3 })
  })
})
