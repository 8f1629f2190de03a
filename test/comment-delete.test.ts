import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const CommentCreate = graphql(`
  mutation CommentCreate($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)
const CommentRemove = graphql(`
  mutation CommentRemove($id: ID!) {
    deleteComment(input: { id: $id }) { deletedCommentId ticket { id commentCount comments { totalCount } } }
  }
`)
const CommentTree = graphql(`
  query CommentTree($id: ID!) {
    ticket(id: $id) { commentCount comments { nodes { id body deletedAt viewerCan { update delete } parent { id } replies { totalCount } } } }
  }
`)

const addComment = async (ticketId: string, parentId: string | null = null) =>
  (await users.reporter.ask(CommentCreate, { input: { ticketId, parentId, body: 'Said' } })).addComment.comment.id
const remove = async (id: string) => (await users.reporter.ask(CommentRemove, { id })).deleteComment
const newIssue = async () => (await createIssue(users.reporter, 'CORE', 'Talked about')).id
const treeOf = async (id: string) => {
  const { ticket } = await users.reporter.ask(CommentTree, { id })
  if (!ticket) throw new Error(`There is no ticket ${id}.`)
  return ticket
}
const idsIn = async (id: string) => (await treeOf(id)).comments.nodes.map((comment) => comment.id)

/** Deleted comments must be empty and have replies, the others must be counted. */
const expectConsistentThread = async (id: string) => {
  const { commentCount, comments } = await treeOf(id)
  for (const { body, deletedAt, replies, viewerCan } of comments.nodes) {
    expect(body === '').toBe(deletedAt !== null)
    if (deletedAt === null) continue
    expect(replies.totalCount).toBeGreaterThan(0)
    expect(viewerCan).toEqual({ update: false, delete: false })
  }
  expect(commentCount).toBe(comments.nodes.filter(({ deletedAt }) => deletedAt === null).length)
  return comments.nodes
}

describe('deleteComment', () => {
  test('removes a comment without replies', async () => {
    const issue = await newIssue()
    const [kept, gone] = [await addComment(issue), await addComment(issue)]
    expect(await remove(gone)).toEqual({
      deletedCommentId: gone,
      ticket: { id: issue, commentCount: 1, comments: { totalCount: 1 } },
    })
    expect(await idsIn(issue)).toEqual([kept])
  })

  test('empties a comment with replies but keeps it in the thread', async () => {
    const issue = await newIssue()
    const parent = await addComment(issue)
    const reply = await addComment(issue, parent)
    expect(await remove(parent)).toEqual({
      deletedCommentId: parent,
      ticket: { id: issue, commentCount: 1, comments: { totalCount: 2 } },
    })
    const [deleted, response] = await expectConsistentThread(issue)
    expect(deleted).toMatchObject({ id: parent, body: '', replies: { totalCount: 1 } })
    expect(deleted?.deletedAt).not.toBeNull()
    expect(response).toMatchObject({ id: reply, body: 'Said', deletedAt: null, parent: { id: parent } })
    await remove(parent)
    expect(await expectConsistentThread(issue)).toEqual([deleted, response])
  })

  test('removes deleted ancestors together with the last reply', async () => {
    const issue = await newIssue()
    const top = await addComment(issue)
    const middle = await addComment(issue, top)
    const [leaf, other] = [await addComment(issue, middle), await addComment(issue, middle)]
    await remove(middle)
    await remove(top)
    expect(await idsIn(issue)).toEqual([top, middle, leaf, other])
    await remove(leaf)
    expect(await idsIn(issue)).toEqual([top, middle, other])
    expect((await expectConsistentThread(issue)).map(({ body }) => body)).toEqual(['', '', 'Said'])
    await remove(other)
    expect(await idsIn(issue)).toEqual([])
  })

  test('keeps ancestors that are not deleted or have other replies', async () => {
    const issue = await newIssue()
    const top = await addComment(issue)
    const middle = await addComment(issue, top)
    const leaf = await addComment(issue, middle)
    await remove(middle)
    await remove(leaf)
    expect(await expectConsistentThread(issue)).toMatchObject([{ id: top, body: 'Said', replies: { totalCount: 0 } }])
  })
})

describe('concurrent deletions', () => {
  test('keeps a thread consistent when a reply races with the deletion of its parent', async () => {
    for (let round = 0; round < 15; round++) {
      const issue = await newIssue()
      const parent = await addComment(issue)
      const reply = () =>
        users.contributor.send(CommentCreate, { input: { ticketId: issue, parentId: parent, body: 'Meanwhile' } })
      const remove = () => users.reporter.send(CommentRemove, { id: parent })
      const [first, second] = await Promise.all(round % 2 ? [reply(), remove()] : [remove(), reply()])
      const [response, deletion] = round % 2 ? [first, second] : [second, first]
      expect(deletion.errors).toBeUndefined()
      const comments = await expectConsistentThread(issue)
      if (response.errors) {
        expect(response.errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
        expect(comments).toEqual([])
      } else
        expect(comments).toMatchObject([
          { id: parent, body: '' },
          { body: 'Meanwhile', parent: { id: parent } },
        ])
    }
  })

  test('removes a whole thread by concurrent deletions without deadlocks', async () => {
    for (let round = 0; round < 5; round++) {
      const issue = await newIssue()
      const top = await addComment(issue)
      const middle = [await addComment(issue, top), await addComment(issue, top)]
      const leaves = await Promise.all(
        middle.flatMap((parent) => [addComment(issue, parent), addComment(issue, parent)]),
      )
      const order = [top, ...leaves, ...middle]
      const all = round % 2 ? order : order.reverse()
      const { sent } = await statementsOf(server, async () => {
        const responses = await Promise.all(all.map((id) => users.reporter.send(CommentRemove, { id })))
        expect(responses.flatMap(({ errors }) => errors ?? [])).toEqual([])
      })
      // A transaction that is retried after a deadlock repeats its statements.
      expect(sent.filter((statement) => statement.includes('RECURSIVE ancestors'))).toHaveLength(all.length)
      expect(await expectConsistentThread(issue)).toEqual([])
    }
  })

  test('deletes a comment once in concurrent deletions', async () => {
    const issue = await newIssue()
    const comment = await addComment(issue)
    const responses = await Promise.all(
      Array.from({ length: 5 }, () => users.reporter.send(CommentRemove, { id: comment })),
    )
    const codes = responses.map(({ errors }) => errors?.[0]?.extensions?.code)
    expect(codes.sort()).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', undefined])
    expect(await idsIn(issue)).toEqual([])
  })
})
