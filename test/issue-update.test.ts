import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Resolution, TicketStatus, UpdateIssueInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createDefect, createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const IssuePatch = graphql(`
  mutation IssuePatch($input: UpdateIssueInput!) {
    updateIssue(input: $input) {
      issue {
        id key title description status resolution priority version createdAt updatedAt resolvedAt
        assignee { username } updatedBy { username } history { totalCount }
      }
    }
  }
`)
const IssueState = graphql(`
  query IssueState($id: ID!) {
    issue(id: $id) {
      id key title description status resolution priority version createdAt updatedAt resolvedAt
      assignee { username } updatedBy { username } history { totalCount }
    }
  }
`)
const IssueAssign = graphql(`
  mutation IssueAssign($input: AssignTicketInput!) {
    assignTicket(input: $input) { ticket { version assignee { username } history { totalCount } } }
  }
`)

const stateOf = async (id: string) => (await users.contributor.ask(IssueState, { id })).issue
const patch = async (id: string, change: Omit<UpdateIssueInput, 'id'>) =>
  (await users.contributor.ask(IssuePatch, { input: { id, ...change } })).updateIssue.issue
const full = {
  description: 'What there is to know',
  priority: 'HIGH',
  assigneeId: 'maintainer',
} as const
const newIssue = async () => (await createIssue(users.contributor, 'CORE', 'A title', full)).id

describe('updateIssue', () => {
  const changes = [
    { field: 'title', input: { title: 'Another title' }, expectedFields: { title: 'Another title' } },
    { field: 'description', input: { description: 'Known better' }, expectedFields: { description: 'Known better' } },
    { field: 'priority', input: { priority: 'LOW' }, expectedFields: { priority: 'LOW' } },
    { field: 'status', input: { status: 'IN_PROGRESS' }, expectedFields: { status: 'IN_PROGRESS' } },
    { field: 'assigneeId', input: { assigneeId: 'reporter' }, expectedFields: { assignee: { username: 'reporter' } } },
  ] as const

  test.each(changes)('changes only $field and the version of an issue', async ({ input, expectedFields }) => {
    const id = await newIssue()
    const before = await stateOf(id)
    const after = await patch(id, input)
    expect(after).toEqual({
      ...before,
      ...expectedFields,
      version: 2,
      updatedAt: after.updatedAt,
      updatedBy: { username: 'contributor' },
      history: { totalCount: 1 },
    })
    expect(Date.parse(after.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before?.updatedAt ?? ''))
    expect(await stateOf(id)).toEqual(after)
  })

  test.each([
    { field: 'description', expectedFields: { description: null } },
    { field: 'assigneeId', expectedFields: { assignee: null } },
  ])('clears $field of an issue with null', async ({ field, expectedFields }) => {
    const id = await newIssue()
    expect(await patch(id, { [field]: null })).toMatchObject({ ...expectedFields, title: 'A title', version: 2 })
    expect(await patch(id, { [field]: null })).toMatchObject({
      ...expectedFields,
      version: 2,
      history: { totalCount: 1 },
    })
  })

  test('rejects null for required fields of an issue and reports each of them', async () => {
    const id = await newIssue()
    const before = await stateOf(id)
    const { extensions } = await users.contributor.expectError(IssuePatch, {
      input: { id, title: null, status: null, priority: null, description: null },
    })
    expect(extensions?.code).toBe('BAD_USER_INPUT')
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual([
      'input.priority',
      'input.status',
      'input.title',
    ])
    expect(new Set(extensions?.fieldErrors?.map(({ message }) => message))).toEqual(new Set(['must not be null']))
    expect(await stateOf(id)).toEqual(before)
  })

  test('keeps the version of an issue for an empty patch or equal values', async () => {
    const id = await newIssue()
    const before = await stateOf(id)
    const same = { ...full, title: 'A title', status: 'OPEN', resolution: null } as const
    for (const change of [{}, same, { assigneeId: users.maintainer.id }])
      expect(await patch(id, change)).toEqual(before)
    const { assignTicket } = await users.contributor.ask(IssueAssign, { input: { id, assigneeId: 'MAINTAINER' } })
    expect(assignTicket.ticket).toMatchObject({ version: 1, history: { totalCount: 0 } })
    expect(await stateOf(id)).toEqual(before)
  })

  test('reports all field errors of a patch of an issue together', async () => {
    const id = await newIssue()
    const before = await stateOf(id)
    const errorPathsFor = async (input: Omit<UpdateIssueInput, 'id'>) => {
      const { extensions } = await users.contributor.expectError(IssuePatch, { input: { id, ...input } })
      expect(extensions?.code).toBe('BAD_USER_INPUT')
      return extensions?.fieldErrors?.map(({ path }) => path).sort()
    }
    expect(await errorPathsFor({ title: '', description: '\0', assigneeId: '?' })).toEqual([
      'input.assigneeId',
      'input.description',
      'input.title',
    ])
    expect(await errorPathsFor({ title: 'Good', resolution: 'FIXED', assigneeId: 'nosuchuser' })).toEqual([
      'input.assigneeId',
      'input.resolution',
    ])
    expect(await stateOf(id)).toEqual(before)
  })

  test('updates an issue by its key in any case, but not a defect', async () => {
    const { key } = await createIssue(users.contributor, 'CORE', 'By key')
    expect((await patch(key.toLowerCase(), { title: 'Found' })).key).toBe(key)
    const defect = await createDefect(users.contributor, 'CORE', 'Solder')
    for (const id of [defect.id, defect.key, 'CORE-99999', 'NONE-1', crypto.randomUUID()]) {
      const error = await users.contributor.expectError(IssuePatch, { input: { id, title: 'Not found' } })
      expect(error).toMatchObject({
        message: `Issue "${id}" was not found, or you cannot see it.`,
        extensions: { code: 'NOT_FOUND' },
      })
      expect(await stateOf(id)).toBeNull()
    }
    const { extensions } = await users.contributor.expectError(IssuePatch, { input: { id: 'CORE', title: 'No' } })
    expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.id'])
  })

  test('assigns and unassigns a ticket, and requires assigneeId', async () => {
    const id = await newIssue()
    const assign = async (assigneeId: string | null) =>
      (await users.contributor.ask(IssueAssign, { input: { id, assigneeId } })).assignTicket.ticket
    expect(await assign('reporter')).toMatchObject({ version: 2, assignee: { username: 'reporter' } })
    expect(await assign(null)).toMatchObject({ version: 3, assignee: null, history: { totalCount: 2 } })
    const { extensions } = await users.contributor.expectError(IssueAssign, { input: { id } })
    expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.assigneeId'])
  })
})

describe('status and resolution', () => {
  test.each(['RESOLVED', 'CLOSED'] as const)(
    'sets resolution FIXED and the time for status %s without a resolution',
    async (status) => {
      const issue = await patch(await newIssue(), { status })
      expect(issue).toMatchObject({ status, resolution: 'FIXED', version: 2 })
      expect(issue.resolvedAt).toBe(issue.updatedAt)
    },
  )

  test('keeps the time of resolution when the resolution changes', async () => {
    const id = await newIssue()
    const resolved = await patch(id, { status: 'RESOLVED', resolution: 'DUPLICATE' })
    expect(resolved.resolution).toBe('DUPLICATE')
    const corrected = await patch(id, { resolution: 'WONT_FIX' })
    expect(corrected).toMatchObject({ status: 'RESOLVED', resolution: 'WONT_FIX', resolvedAt: resolved.resolvedAt })
    expect(await patch(id, { title: 'Retitled' })).toMatchObject({
      resolution: 'WONT_FIX',
      resolvedAt: resolved.resolvedAt,
    })
  })

  test('keeps the resolution and its time from RESOLVED to CLOSED', async () => {
    const id = await newIssue()
    const { resolvedAt } = await patch(id, { status: 'RESOLVED', resolution: 'CANNOT_REPRODUCE' })
    const closed = await patch(id, { status: 'CLOSED' })
    expect(closed).toMatchObject({ status: 'CLOSED', resolution: 'CANNOT_REPRODUCE', resolvedAt, version: 3 })
    expect(await patch(id, { status: 'RESOLVED' })).toMatchObject({ resolution: 'CANNOT_REPRODUCE', resolvedAt })
  })

  test.each(['OPEN', 'IN_PROGRESS'] as const)('clears the resolution and its time for status %s', async (status) => {
    const id = await newIssue()
    const first = await patch(id, { status: 'RESOLVED', resolution: 'NOT_A_DEFECT' })
    expect(await patch(id, { status })).toMatchObject({ status, resolution: null, resolvedAt: null })
    const again = await patch(id, { status: 'RESOLVED' })
    expect(again).toMatchObject({ resolution: 'FIXED', resolvedAt: again.updatedAt, version: 4 })
    expect(Date.parse(again.updatedAt)).toBeGreaterThanOrEqual(Date.parse(first.resolvedAt ?? ''))
  })

  test('rejects a resolution for an open issue', async () => {
    const id = await newIssue()
    const expectRejected = async (change: Omit<UpdateIssueInput, 'id'>) => {
      const before = await stateOf(id)
      const { extensions } = await users.contributor.expectError(IssuePatch, { input: { id, ...change } })
      expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.resolution' }] })
      expect(await stateOf(id)).toEqual(before)
    }
    await expectRejected({ resolution: 'FIXED' })
    await expectRejected({ status: 'IN_PROGRESS', resolution: 'FIXED' })
    await patch(id, { status: 'CLOSED' })
    await expectRejected({ status: 'OPEN', resolution: 'FIXED' })
  })

  test('keeps status, resolution and its time consistent, with one version per change, for random patches', async () => {
    const statuses: readonly TicketStatus[] = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']
    const resolutions: readonly Resolution[] = ['FIXED', 'DUPLICATE', 'WONT_FIX']
    const change = fc.record(
      { status: fc.constantFrom(...statuses), resolution: fc.constantFrom(...resolutions, null) },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (patches) => {
        const id = await newIssue()
        let before = await stateOf(id)
        for (const randomPatch of patches) {
          const { errors } = await users.contributor.send(IssuePatch, { input: { id, ...randomPatch } })
          const after = await stateOf(id)
          if (errors) expect(after).toEqual(before)
          const done = after?.status === 'RESOLVED' || after?.status === 'CLOSED'
          expect([after?.resolution !== null, after?.resolvedAt !== null]).toEqual([done, done])
          expect(after?.version).toBe(1 + (after?.history.totalCount ?? 0))
          const hasChanged = after?.status !== before?.status || after?.resolution !== before?.resolution
          expect(after?.version).toBe((before?.version ?? 0) + (hasChanged ? 1 : 0))
          before = after
        }
      }),
      { numRuns: 25 },
    )
  })
})
