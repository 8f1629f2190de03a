import { beforeAll, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const Create = graphql(`
  mutation EdgesCreate($ticket: ID!) {
    createProject(input: { key: "EDGE", name: "Edges" }) { projectEdge { cursor node { key } } }
    createIssue(input: { projectId: "CORE", title: "An issue" }) { issueEdge { cursor node { id title } } }
    createDefect(input: { projectId: "CORE", title: "A defect", category: "Paint" }) { defectEdge { cursor node { id title } } }
    addComment(input: { ticketId: $ticket, body: "A comment" }) { commentEdge { cursor node { id body } } }
  }
`)
const Lists = graphql(`
  query EdgesLists($ticket: ID!) {
    projects { edges { cursor node { key } } }
    issues(filter: { project: { eq: "CORE" } }) { edges { cursor node { id title } } }
    project(id: "CORE") { defects { edges { cursor node { id title } } } }
    ticket(id: $ticket) { comments { edges { cursor node { id body } } } }
  }
`)
const Next = graphql(`
  query EdgesNext($project: String!, $issue: String!, $comment: String!, $ticket: ID!) {
    projects(before: $project, last: 1) { nodes { key } }
    issues(after: $issue, first: 1) { nodes { title } }
    ticket(id: $ticket) { comments(before: $comment, last: 1) { nodes { body } } }
  }
`)

const decode = ({ cursor, ...edge }: { cursor: string }) => ({
  ...edge,
  cursor: Buffer.from(cursor, 'base64url').toString().replaceAll(' ', ''),
})

test('payloads of mutations contain the edges of lists in their default order', async () => {
  const older = await createIssue(users.maintainer, 'CORE', 'An older issue')
  await users.maintainer.post({
    query: `mutation { addComment(input: { ticketId: "${older.id}", body: "An older comment" }) { comment { id } } }`,
  })
  const payloads = await users.maintainer.ask(Create, { ticket: older.id })
  const lists = await users.maintainer.ask(Lists, { ticket: older.id })
  const { projectEdge } = payloads.createProject
  const { issueEdge } = payloads.createIssue
  const { defectEdge } = payloads.createDefect
  const { commentEdge } = payloads.addComment
  expect(lists.projects.edges.map(decode)).toContainEqual(decode(projectEdge))
  expect(lists.issues.edges.map(decode)[0]).toEqual(decode(issueEdge))
  expect(lists.project?.defects.edges.map(decode)).toEqual([decode(defectEdge)])
  expect(lists.ticket?.comments.edges.map(decode)[1]).toEqual(decode(commentEdge))
  const cursors = { project: projectEdge.cursor, issue: issueEdge.cursor, comment: commentEdge.cursor }
  expect(await users.maintainer.ask(Next, { ...cursors, ticket: older.id })).toEqual({
    projects: { nodes: [{ key: 'CORE' }] },
    issues: { nodes: [{ title: 'An older issue' }] },
    ticket: { comments: { nodes: [{ body: 'An older comment' }] } },
  })
})

test('a repeated idempotent request returns the same edge', async () => {
  const query =
    'mutation { createIssue(input: { projectId: "CORE", title: "Once" }) { issueEdge { cursor node { id } } } }'
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const first = await users.reporter.post({ query }, headers)
  const second = await users.reporter.post({ query }, headers)
  expect(second.headers.get('idempotency-replayed')).toBe('true')
  expect(first.errors).toBeUndefined()
  expect(second.data).toEqual(first.data)
})
