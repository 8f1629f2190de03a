import { beforeAll, describe, expect, test } from 'vitest'
import type { BulkUpdateStatusInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const BulkMove = graphql(`
  mutation BulkMove($input: BulkUpdateStatusInput!) {
    bulkUpdateStatus(input: $input) {
      matchedCount updatedCount batch
      tickets {
        id key status resolution resolvedAt version updatedAt updatedBy { username }
        history(first: 5) { totalCount nodes { at version source batch actor { username } changes { field from to } } }
      }
    }
  }
`)
const BulkState = graphql(`
  query BulkState($project: ID!) {
    tickets(filter: { project: { eq: $project }, archived: null }, orderBy: [{ field: NUMBER }]) {
      nodes {
        key status resolution resolvedAt version updatedAt history { nodes { version source batch changes { from to } } }
      }
    }
  }
`)
const BulkPrepare = graphql(`
  mutation BulkPrepare($input: UpdateIssueInput!) {
    updateIssue(input: $input) { issue { id key version updatedAt resolvedAt } }
  }
`)

const updateStatus = async (input: BulkUpdateStatusInput) =>
  (await users.contributor.ask(BulkMove, { input })).bulkUpdateStatus
const stateOf = async (project: string) => (await users.contributor.ask(BulkState, { project })).tickets.nodes
const updateIssue = async (id: string, change: object) =>
  (await users.contributor.ask(BulkPrepare, { input: { id, ...change } })).updateIssue.issue
const newIssues = async (project: string, count: number) => {
  const issues: IssueReference[] = []
  while (issues.length < count) issues.push(await createIssue(users.contributor, project, `Issue ${issues.length}`))
  return issues
}

/** Verifies that an update is rejected and changes nothing. */
const expectRejected = async (project: string, input: BulkUpdateStatusInput, code: string) => {
  const before = await stateOf(project)
  const { extensions } = await users.contributor.expectError(BulkMove, { input })
  expect(extensions?.code).toBe(code)
  expect(await stateOf(project)).toEqual(before)
  return extensions
}

describe('bulkUpdateStatus', () => {
  test('updates tickets in bulk by ids and keys, each with its version and history, in one batch', async () => {
    const [open, resolved, closed, alreadyClosed] = (await newIssues('CORE', 4)) as [
      IssueReference,
      IssueReference,
      IssueReference,
      IssueReference,
    ]
    const defect = await createDefect(users.contributor, 'CORE', 'Solder')
    const resolvedBefore = await updateIssue(resolved.id, { status: 'RESOLVED', resolution: 'DUPLICATE' })
    const alreadyClosedBefore = await updateIssue(alreadyClosed.id, { status: 'CLOSED', resolution: 'WONT_FIX' })
    await updateIssue(closed.id, { title: 'Another version', status: 'IN_PROGRESS' })

    const ids = [alreadyClosed.key, defect.key.toLowerCase(), open.id.toUpperCase(), resolved.key, closed.id]
    const bulk = await updateStatus({ ids, status: 'CLOSED' })
    expect(bulk).toMatchObject({ matchedCount: 5, updatedCount: 4 })
    expect(bulk.tickets.map(({ id }) => id)).toEqual(
      [open, resolved, closed, alreadyClosed, defect].map(({ id }) => id).sort(),
    )
    const ticketOf = ({ key }: IssueReference) => bulk.tickets.find((ticket) => ticket.key === key)
    const at = ticketOf(open)?.updatedAt
    const change = { at, source: 'BULK', batch: bulk.batch, actor: { username: 'contributor' } }
    const closedFields = { status: 'CLOSED', updatedAt: at, updatedBy: { username: 'contributor' } }
    const fixedFields = { ...closedFields, resolution: 'FIXED', resolvedAt: at }
    const statusFrom = (from: string) => ({ field: 'status', from, to: 'CLOSED' })
    const toFixed = { field: 'resolution', from: null, to: 'FIXED' }
    for (const one of [open, defect])
      expect(ticketOf(one)).toMatchObject({
        ...fixedFields,
        version: 2,
        history: { totalCount: 1, nodes: [{ ...change, version: 2, changes: [statusFrom('OPEN'), toFixed] }] },
      })
    expect(ticketOf(closed)).toMatchObject({
      ...fixedFields,
      version: 3,
      history: { totalCount: 2, nodes: [{ ...change, version: 3, changes: [statusFrom('IN_PROGRESS'), toFixed] }, {}] },
    })
    expect(ticketOf(resolved)).toMatchObject({
      ...closedFields,
      resolution: 'DUPLICATE',
      resolvedAt: resolvedBefore.resolvedAt,
      version: 3,
      history: { totalCount: 2, nodes: [{ ...change, version: 3, changes: [statusFrom('RESOLVED')] }, {}] },
    })
    expect(ticketOf(alreadyClosed)).toMatchObject({
      resolution: 'WONT_FIX',
      resolvedAt: alreadyClosedBefore.resolvedAt,
      version: 2,
      updatedAt: alreadyClosedBefore.updatedAt,
      history: { totalCount: 1, nodes: [{ source: 'API', batch: null }] },
    })
  })

  test('sets the resolution of all tickets of a bulk update, or clears it when they are reopened', async () => {
    await createProject(users.contributor, 'RESOLVE')
    const [one, other] = (await newIssues('RESOLVE', 2)) as [IssueReference, IssueReference]
    const { resolvedAt } = await updateIssue(one.id, { status: 'RESOLVED' })
    const ids = [one.id, other.id]
    expect(await updateStatus({ ids, status: 'RESOLVED', resolution: 'WONT_FIX' })).toMatchObject({ updatedCount: 2 })
    expect(await stateOf('RESOLVE')).toMatchObject([
      { resolution: 'WONT_FIX', resolvedAt, version: 3, history: { nodes: [{ changes: [{ from: 'FIXED' }] }, {}] } },
      { resolution: 'WONT_FIX', version: 2 },
    ])
    expect(await updateStatus({ ids, status: 'RESOLVED', resolution: null })).toMatchObject({
      updatedCount: 0,
      batch: null,
    })
    expect(await updateStatus({ ids, status: 'IN_PROGRESS' })).toMatchObject({ updatedCount: 2 })
    expect(await stateOf('RESOLVE')).toMatchObject([
      { status: 'IN_PROGRESS', resolution: null, resolvedAt: null, version: 4 },
      { status: 'IN_PROGRESS', resolution: null, resolvedAt: null, version: 3 },
    ])
  })

  test('counts a repeated ticket of a bulk update once', async () => {
    const { id, key } = await createIssue(users.contributor, 'CORE', 'Twice')
    const bulk = await updateStatus({ ids: [id, key, id.toUpperCase()], status: 'IN_PROGRESS' })
    expect(bulk).toMatchObject({ matchedCount: 1, updatedCount: 1, tickets: [{ id, version: 2 }] })
    expect(await updateStatus({ ids: [], status: 'OPEN' })).toMatchObject({
      matchedCount: 0,
      updatedCount: 0,
      batch: null,
    })
  })

  test('changes nothing by a bulk update with unknown tickets, and reports each of them', async () => {
    await createProject(users.maintainer, 'HIDDEN')
    const hidden = await createIssue(users.maintainer, 'HIDDEN', 'Hidden')
    await createProject(users.contributor, 'NAMED')
    const [one, other] = (await newIssues('NAMED', 2)) as [IssueReference, IssueReference]
    const ids = [one.id, 'NAMED-99', other.key, crypto.randomUUID(), hidden.id, hidden.key]
    const extensions = await expectRejected('NAMED', { ids, status: 'CLOSED' }, 'NOT_FOUND')
    expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual([
      'input.ids.1',
      'input.ids.3',
      'input.ids.4',
      'input.ids.5',
    ])
  })

  test('updates the tickets of a filter only if their number equals expectedCount', async () => {
    await createProject(users.contributor, 'FILTER')
    const issues = await newIssues('FILTER', 5)
    await updateIssue(issues[0]?.id ?? '', { priority: 'URGENT', status: 'CLOSED' })
    await updateIssue(issues[1]?.id ?? '', { priority: 'URGENT' })
    const urgent = { project: { eq: 'FILTER' }, priority: { eq: 'URGENT' } } as const
    for (const expectedCount of [0, 1, 3]) {
      const extensions = await expectRejected('FILTER', { filter: urgent, expectedCount, status: 'CLOSED' }, 'CONFLICT')
      expect(extensions?.['matchedCount']).toBe(2)
    }
    const bulk = await updateStatus({ filter: urgent, expectedCount: 2, status: 'CLOSED' })
    expect(bulk).toMatchObject({ matchedCount: 2, updatedCount: 1 })
    expect((await stateOf('FILTER')).map(({ status }) => status)).toEqual(['CLOSED', 'CLOSED', 'OPEN', 'OPEN', 'OPEN'])
    const none = { filter: { ...urgent, status: { eq: 'OPEN' } }, expectedCount: 0, status: 'CLOSED' } as const
    expect(await updateStatus(none)).toMatchObject({ matchedCount: 0, updatedCount: 0, batch: null, tickets: [] })
  })

  test('ignores archived and invisible tickets of a filter in a bulk update', async () => {
    await createProject(users.contributor, 'AWAY')
    const [kept, archived] = (await newIssues('AWAY', 2)) as [IssueReference, IssueReference]
    await users.contributor.ask(
      graphql(`mutation BulkArchive($id: ID!) { archiveTicket(input: { id: $id }) { ticket { version } } }`),
      { id: archived.id },
    )
    const filter = { id: { in: [kept.key, archived.key, 'HIDDEN-1'] } }
    const bulk = await updateStatus({ filter, expectedCount: 1, status: 'RESOLVED' })
    expect(bulk.tickets).toMatchObject([{ key: kept.key, status: 'RESOLVED' }])
  })

  test('returns the counts of a bulk update in a dry run and changes nothing', async () => {
    await createProject(users.contributor, 'DRY')
    const [first, ...others] = await newIssues('DRY', 4)
    await updateIssue(first?.id ?? '', { status: 'CLOSED', resolution: 'DUPLICATE' })
    const ids = [first?.key ?? '', ...others.map(({ id }) => id)]
    const byIds: BulkUpdateStatusInput = { ids, status: 'CLOSED' }
    const filter = { project: { eq: 'DRY' } }
    const byFilter: BulkUpdateStatusInput = { filter, expectedCount: 4, status: 'CLOSED' }
    const before = await stateOf('DRY')
    for (const input of [byIds, byFilter]) {
      const dry = await updateStatus({ ...input, dryRun: true })
      expect(dry).toMatchObject({ matchedCount: 4, updatedCount: 3, batch: null })
      expect(dry.tickets.map(({ status }) => status)).toEqual(['CLOSED', 'OPEN', 'OPEN', 'OPEN'])
      expect(await stateOf('DRY')).toEqual(before)
    }
    await expectRejected('DRY', { ...byFilter, expectedCount: 5, dryRun: true }, 'CONFLICT')
    await expectRejected('DRY', { ...byIds, ids: ['DRY-99'], dryRun: true }, 'NOT_FOUND')
    expect(await updateStatus(byIds)).toMatchObject({ matchedCount: 4, updatedCount: 3 })
  })

  test.each<[what: string, input: Omit<BulkUpdateStatusInput, 'status'>, status: 'OPEN' | 'CLOSED', paths: string[]]>([
    ['neither ids nor filter', {}, 'CLOSED', ['input.ids']],
    ['both ids and filter', { ids: ['CORE-1'], filter: {}, expectedCount: 1 }, 'CLOSED', ['input.ids']],
    ['a filter without expectedCount', { filter: {} }, 'CLOSED', ['input.expectedCount']],
    ['a resolution for an open status', { ids: ['CORE-1'], resolution: 'FIXED' }, 'OPEN', ['input.resolution']],
    ['over 1,000 ids', { ids: Array(1001).fill('CORE-1') }, 'CLOSED', ['input.ids']],
    ['malformed ids', { ids: ['CORE-1', 'CORE', 'x'] }, 'CLOSED', ['input.ids.1', 'input.ids.2']],
    ['an invalid filter', { filter: { id: { eq: '?' } }, expectedCount: 1 }, 'CLOSED', ['input.filter.id.eq']],
    ['several errors', { filter: {}, resolution: 'FIXED' }, 'OPEN', ['input.expectedCount', 'input.resolution']],
    ['errors of two kinds', { ids: ['?'], resolution: 'FIXED' }, 'OPEN', ['input.ids.0', 'input.resolution']],
  ])('rejects a bulk update with %s', async (_what, input, status, paths) => {
    const extensions = await expectRejected('CORE', { ...input, status }, 'BAD_USER_INPUT')
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(paths)
  })
})

interface IssueReference {
  readonly id: string
  readonly key: string
}
