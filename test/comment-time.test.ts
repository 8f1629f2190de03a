import { beforeAll, describe, expect, test } from 'vitest'
import type { TicketFilter, TicketOrder } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const CommentTimeAdd = graphql(`
  mutation CommentTimeAdd($input: AddCommentInput!) {
    addComment(input: $input) { comment { id createdAt ticket { commentedAt version updatedAt } } }
  }
`)
const AddOnly = graphql(`
  mutation CommentTimeAddOnly($input: AddCommentInput!) { addComment(input: $input) { comment { id body } } }
`)
const CommentTimeDelete = graphql(`
  mutation CommentTimeDelete($id: ID!) { deleteComment(input: { id: $id }) { ticket { commentedAt } } }
`)
const CommentTimeEdit = graphql(`
  mutation CommentTimeEdit($id: ID!) { editComment(input: { id: $id, body: "Said better" }) { comment { id } } }
`)
const CommentTime = graphql(`
  query CommentTime($id: ID!) {
    ticket(id: $id) { commentedAt comments(last: 200) { nodes { createdAt deletedAt } } }
  }
`)
const CommentTimeList = graphql(`
  query CommentTimeList($filter: TicketFilter, $orderBy: [TicketOrder!]) {
    tickets(filter: $filter, orderBy: $orderBy) { totalCount nodes { title commentedAt } }
  }
`)

const inputOf = (ticketId: string, parentId: string | null = null) => ({ input: { ticketId, parentId, body: 'Said' } })
const add = async (ticketId: string, parentId: string | null = null) =>
  (await users.reporter.ask(CommentTimeAdd, inputOf(ticketId, parentId))).addComment.comment
const remove = async (id: string) =>
  (await users.maintainer.ask(CommentTimeDelete, { id })).deleteComment.ticket.commentedAt
const timeOf = async (id: string) => (await users.viewer.ask(CommentTime, { id })).ticket?.commentedAt
const newIssue = async () => (await createIssue(users.reporter, 'CORE', 'Talked about')).id

describe('commentedAt', () => {
  test('is the time of the last comment or reply of an issue or a defect', async () => {
    for (const { id } of [
      await createIssue(users.reporter, 'CORE', 'Issue'),
      await createDefect(users.reporter, 'CORE', 'Solder'),
    ]) {
      expect(await timeOf(id)).toBeNull()
      const comment = await add(id)
      expect(comment.ticket).toMatchObject({ commentedAt: comment.createdAt, version: 1 })
      const reply = await add(id, comment.id)
      expect(reply.ticket).toEqual({ ...comment.ticket, commentedAt: reply.createdAt })
      await users.reporter.ask(CommentTimeEdit, { id: comment.id })
      expect(await timeOf(id)).toBe(reply.createdAt)
    }
  })

  test('returns to the previous comment after a deletion, and to null after the last one', async () => {
    const id = await newIssue()
    const [first, second] = [await add(id), await add(id)]
    const reply = await add(id, second.id)
    expect(await remove(second.id)).toBe(reply.createdAt)
    expect(await remove(reply.id)).toBe(first.createdAt)
    expect(await remove(first.id)).toBeNull()
    const last = await add(id)
    expect(await timeOf(id)).toBe(last.createdAt)
  })

  test('is the time of the last comment after concurrent comments and deletions', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await newIssue()
      const comments = [await add(id), await add(id), await add(id)]
      const addition = () => users.contributor.send(CommentTimeAdd, inputOf(id))
      const deletions = comments.map((comment) => () => users.maintainer.send(CommentTimeDelete, { id: comment.id }))
      const requests = round % 2 ? [addition, ...deletions, addition] : deletions
      const responses = await Promise.all(requests.map((send) => send()))
      expect(responses.flatMap(({ errors }) => errors ?? [])).toEqual([])
      const { ticket } = await users.viewer.ask(CommentTime, { id })
      const times = ticket?.comments.nodes.flatMap(({ createdAt, deletedAt }) => (deletedAt ? [] : [createdAt])) ?? []
      expect(ticket?.commentedAt).toBe(times.toSorted().at(-1) ?? null)
    }
  })
})

describe('tickets by commentedAt', () => {
  let times: string[]
  beforeAll(async () => {
    await createProject(users.contributor, 'TALK')
    times = []
    for (const title of ['first', 'never', 'last']) {
      const { id } = await createIssue(users.contributor, 'TALK', title)
      if (title === 'never') continue
      const input = { ticketId: id, body: 'Said' }
      const { addComment } = await users.contributor.ask(CommentTimeAdd, { input })
      times.push(addComment.comment.createdAt)
    }
  })
  const titles = async (filter: TicketFilter, orderBy: TicketOrder[] = [{ field: 'NUMBER', direction: 'ASC' }]) => {
    const { tickets } = await users.contributor.ask(CommentTimeList, {
      filter: { project: { eq: 'TALK' }, ...filter },
      orderBy,
    })
    expect(tickets.totalCount).toBe(tickets.nodes.length)
    return tickets.nodes.map(({ title }) => title)
  }

  test('filters by the time of the last comment', async () => {
    const [first, last] = times as [string, string]
    expect(await titles({ commentedAt: { gte: first } })).toEqual(['first', 'last'])
    expect(await titles({ commentedAt: { gt: first } })).toEqual(['last'])
    expect(await titles({ commentedAt: { lt: last } })).toEqual(['first'])
    expect(await titles({ commentedAt: { gte: '-P1D', lte: last } })).toEqual(['first', 'last'])
    expect(await titles({ not: { commentedAt: { gt: first } } })).toEqual(['first', 'never'])
    expect(await titles({ commentedAt: { isNull: true } })).toEqual(['never'])
    expect(await titles({ commentedAt: { isNull: false } })).toEqual(['first', 'last'])
    expect(await titles({ commentedAt: { isNull: true, gte: first } })).toEqual([])
    expect(await titles({ or: [{ commentedAt: { isNull: true } }, { commentedAt: { gt: first } }] })).toEqual([
      'never',
      'last',
    ])
  })

  test('sorts by the time of the last comment, tickets without comments last by default', async () => {
    const field = 'COMMENTED_AT'
    expect(await titles({}, [{ field, direction: 'DESC' }])).toEqual(['last', 'first', 'never'])
    expect(await titles({}, [{ field, direction: 'ASC' }])).toEqual(['first', 'last', 'never'])
    expect(await titles({}, [{ field, direction: 'ASC', nulls: 'FIRST' }])).toEqual(['never', 'first', 'last'])
  })
})

describe('statements of addComment', () => {
  test('adds a comment or a reply in one statement', async () => {
    const id = await newIssue()
    const { sent } = await statementsOf(server, () => users.reporter.ask(AddOnly, inputOf(id)))
    expect(sent).toHaveLength(1)
    const parent = await add(id)
    const reply = await statementsOf(server, () => users.reporter.ask(AddOnly, inputOf(id, parent.id)))
    expect(reply.sent).toHaveLength(1)
  })

  test('adds nothing without REPORTER, to a hidden ticket, or as a reply to a comment of another ticket', async () => {
    const id = await newIssue()
    const parent = await add(id)
    const other = await newIssue()
    const codeOf = async (client: TestUsers['viewer'], ticketId: string, parentId: string | null = null) =>
      (await client.expectError(AddOnly, inputOf(ticketId, parentId))).extensions?.['code']
    expect(await codeOf(users.viewer, id)).toBe('FORBIDDEN')
    expect(await codeOf(users.outsider, id)).toBe('NOT_FOUND')
    expect(await codeOf(users.reporter, other, parent.id)).toBe('BAD_USER_INPUT')
    expect(await timeOf(id)).toBe(parent.createdAt)
    expect(await timeOf(other)).toBeNull()
  })
})
