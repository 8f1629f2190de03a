import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createDefect, createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const CommentAdd = graphql(`
  mutation CommentAdd($input: AddCommentInput!) {
    addComment(input: $input) {
      comment {
        id body createdAt editedAt deletedAt author { username } parent { id }
        ticket { key commentCount } replies { totalCount }
      }
    }
  }
`)
const CommentEdit = graphql(`
  mutation CommentEdit($input: EditCommentInput!) {
    editComment(input: $input) { comment { id body createdAt editedAt deletedAt author { username } } }
  }
`)
const CommentDelete = graphql(`
  mutation CommentDelete($id: ID!) {
    deleteComment(input: { id: $id }) { deletedCommentId ticket { key commentCount comments { totalCount } } }
  }
`)
const CommentThread = graphql(`
  query CommentThread($id: ID!) {
    ticket(id: $id) {
      version updatedAt updatedBy { username } commentCount history { totalCount }
      comments { totalCount nodes { id body deletedAt parent { id } replies { totalCount nodes { id } } } }
    }
  }
`)
const CommentReplies = graphql(`
  query CommentReplies($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      ... on Comment {
        replies(first: $first, after: $after) { totalCount nodes { body } pageInfo { hasNextPage endCursor } }
      }
    }
  }
`)

const addComment = async (ticketId: string, body: string, parentId: string | null = null) =>
  (await users.reporter.ask(CommentAdd, { input: { ticketId, body, parentId } })).addComment.comment
const remove = async (id: string) => (await users.reporter.ask(CommentDelete, { id })).deleteComment
const threadOf = async (id: string) => {
  const { ticket } = await users.viewer.ask(CommentThread, { id })
  if (!ticket) throw new Error(`There is no ticket ${id}.`)
  return ticket
}
const idsIn = async (id: string) => (await threadOf(id)).comments.nodes.map((comment) => comment.id)
const newIssue = async () => (await createIssue(users.reporter, 'CORE', 'Talked about')).id

describe('addComment and editComment', () => {
  test('stores a comment on an issue or a defect unchanged', async () => {
    const body = '  "Markdown" *with* 👩‍🔧\r\n\n\ttabs and spaces  '
    for (const { id, key } of [
      await createIssue(users.reporter, 'CORE', 'Issue'),
      await createDefect(users.reporter, 'CORE', 'Solder'),
    ]) {
      const comment = await addComment(key.toLowerCase(), body)
      expect(comment).toMatchObject({
        body,
        editedAt: null,
        deletedAt: null,
        author: { username: 'reporter' },
        parent: null,
        ticket: { key, commentCount: 1 },
        replies: { totalCount: 0 },
      })
      expect((await threadOf(id)).comments).toMatchObject({ totalCount: 1, nodes: [{ id: comment.id, body }] })
    }
  })

  test('accepts a comment of at most 64 KiB and rejects a blank one', async () => {
    const id = await newIssue()
    const longest = 'é'.repeat(32_768)
    const comment = await addComment(id, longest)
    expect(comment.body).toBe(longest)
    for (const body of ['', ' \n', `${longest}!`, 'nul \0']) {
      const added = await users.reporter.expectError(CommentAdd, { input: { ticketId: id, body } })
      const edited = await users.reporter.expectError(CommentEdit, { input: { id: comment.id, body } })
      for (const { extensions } of [added, edited])
        expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.body' }] })
    }
    expect(await threadOf(id)).toMatchObject({ commentCount: 1, comments: { nodes: [{ body: longest }] } })
  })

  test('keeps version, update time and history of a ticket when its comments change', async () => {
    const id = await newIssue()
    const { comments: _none, commentCount: _zero, ...before } = await threadOf(id)
    const comment = await addComment(id, 'Said')
    await addComment(id, 'Reply', comment.id)
    await users.reporter.ask(CommentEdit, { input: { id: comment.id, body: 'Said better' } })
    await remove(comment.id)
    expect(await threadOf(id)).toMatchObject({ ...before, version: 1, updatedBy: null, history: { totalCount: 0 } })
  })

  test('sorts comments and replies by time', async () => {
    const id = await newIssue()
    const first = await addComment(id, '1')
    await addComment(id, '2')
    await addComment(id, '3', first.id)
    expect((await threadOf(id)).comments.nodes.map(({ body }) => body)).toEqual(['1', '2', '3'])
  })

  test('sets editedAt of a comment for a changed text only', async () => {
    const comment = await addComment(await newIssue(), 'Said')
    const edit = async (body: string) =>
      (await users.reporter.ask(CommentEdit, { input: { id: comment.id, body } })).editComment.comment
    expect(await edit('Said')).toMatchObject({ editedAt: null })
    const edited = await edit('Said better')
    expect(edited).toMatchObject({
      body: 'Said better',
      createdAt: comment.createdAt,
      deletedAt: null,
      author: { username: 'reporter' },
    })
    expect(Date.parse(edited.editedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(comment.createdAt))
    expect(await edit('Said better')).toEqual(edited)
  })

  test('returns NOT_FOUND for editing or deleting an unknown comment', async () => {
    const gone = await addComment(await newIssue(), 'Gone')
    await remove(gone.id)
    for (const id of [gone.id, crypto.randomUUID()]) {
      const edited = await users.reporter.expectError(CommentEdit, { input: { id, body: 'Again' } })
      const deleted = await users.reporter.expectError(CommentDelete, { id })
      expect([edited.extensions?.code, deleted.extensions?.code]).toEqual(['NOT_FOUND', 'NOT_FOUND'])
    }
    const { extensions } = await users.reporter.expectError(CommentEdit, { input: { id: 'CORE-1', body: '' } })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(['input.body', 'input.id'])
  })
})

describe('replies', () => {
  test('accepts a reply to a comment of the same ticket only', async () => {
    const [here, there] = [await newIssue(), await newIssue()]
    const parent = await addComment(here, 'Asked')
    const reply = await addComment(here, 'Reply', parent.id)
    expect(reply.parent).toEqual({ id: parent.id })
    const gone = await addComment(here, 'Gone')
    await remove(gone.id)
    const invalidInputs = [
      { ticketId: there, parentId: parent.id },
      { ticketId: here, parentId: gone.id },
      { ticketId: here, parentId: crypto.randomUUID() },
      { ticketId: here, parentId: 'CORE-1' },
    ]
    for (const input of invalidInputs) {
      const { extensions } = await users.reporter.expectError(CommentAdd, { input: { ...input, body: 'No' } })
      expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.parentId' }] })
    }
    expect((await threadOf(there)).comments.totalCount).toBe(0)
    expect(await idsIn(here)).toEqual([parent.id, reply.id])
  })

  test('rejects a reply to a deleted comment', async () => {
    const id = await newIssue()
    const parent = await addComment(id, 'Asked')
    await addComment(id, 'Reply', parent.id)
    await remove(parent.id)
    const input = { ticketId: id, parentId: parent.id, body: 'Late' }
    expect((await users.reporter.expectError(CommentAdd, { input })).extensions?.code).toBe('BAD_USER_INPUT')
    const edited = await users.reporter.expectError(CommentEdit, { input: { id: parent.id, body: 'Back' } })
    expect(edited.extensions?.code).toBe('CONFLICT')
    expect(await threadOf(id)).toMatchObject({
      commentCount: 1,
      comments: { totalCount: 2, nodes: [{ body: '' }, {}] },
    })
  })

  test('lists replies of a comment oldest first, in pages', async () => {
    const id = await newIssue()
    const parent = await addComment(id, 'Asked')
    for (const body of ['1', '2', '3']) {
      const reply = await addComment(id, body, parent.id)
      await addComment(id, `Reply to ${body}`, reply.id)
    }
    const page = async (after: string | null) => {
      const { node } = await users.viewer.ask(CommentReplies, { id: parent.id, first: 2, after })
      return node && 'replies' in node ? node.replies : null
    }
    const first = await page(null)
    expect(first).toMatchObject({
      totalCount: 3,
      nodes: [{ body: '1' }, { body: '2' }],
      pageInfo: { hasNextPage: true },
    })
    const second = await page(first?.pageInfo.endCursor ?? null)
    expect(second).toMatchObject({ totalCount: 3, nodes: [{ body: '3' }], pageInfo: { hasNextPage: false } })
    expect((await threadOf(id)).comments.totalCount).toBe(7)
  })
})
