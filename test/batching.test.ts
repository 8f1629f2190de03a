import { beforeAll, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { createIssue, createLabel, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({}, { fillsTables: true })
let users: TestUsers

const NestedPage = graphql(`
  query NestedPage {
    tickets(first: 50) {
      nodes {
        key project { key name } assignee { name } labels { name color }
        comments(first: 3) { nodes { body author { username } } }
      }
    }
  }
`)

const AliasedPage = graphql(`
  query AliasedPage {
    tickets(first: 50) {
      nodes {
        first: comments(first: 2) { nodes { body } }
        last: comments(last: 1) { totalCount nodes { body replies(first: 1) { nodes { body } } parent { body } } }
        commentCount
        history(first: 2) { totalCount nodes { actor { username } changes { field } } }
        updatedBy { username }
        viewerCan { update }
      }
    }
  }
`)

const Comment = graphql(
  `mutation BatchComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
)

beforeAll(async () => {
  users = await createTestUsers(server)
  const labelIds = [
    await createLabel(users.maintainer, 'CORE', 'one'),
    await createLabel(users.maintainer, 'CORE', 'two'),
  ]
  for (let number = 1; number <= 5; number++) {
    await createIssue(users.contributor, 'CORE', `Issue ${number}`, {
      labelIds,
      assigneeId: number % 2 ? 'contributor' : 'maintainer',
    })
    for (let comment = 1; comment <= number; comment++)
      await users.reporter.ask(Comment, { input: { ticketId: `CORE-${number}`, body: `${number}.${comment}` } })
  }
})

const countOf = async (ask: () => Promise<unknown>) => (await statementsOf(server, ask)).sent.length

/** Copies the five tickets, with labels, comments and history, a hundred times. */
async function multiply(): Promise<void> {
  await server.database.pool.query(`
    WITH copies AS (
      INSERT INTO tickets (project_id, number, kind, title, reporter_id, assignee_id)
      SELECT project_id, number + 5 * n, kind, title, reporter_id, assignee_id FROM tickets, generate_series(1, 99) n
      RETURNING id, number),
    labelled AS (
      INSERT INTO ticket_labels SELECT copies.id, labels.id FROM copies, labels)
    INSERT INTO comments (ticket_id, author_id, body)
    SELECT copies.id, comments.author_id, comments.body FROM copies
    JOIN tickets ON tickets.number = (copies.number - 1) % 5 + 1 JOIN comments ON comments.ticket_id = tickets.id`)
}

test('reads a page of tickets with nested lists in one statement, and viewerCan in another, for 5 and 500 tickets', async () => {
  const counts = async () => [
    await countOf(() => users.viewer.ask(NestedPage)),
    await countOf(() => users.viewer.ask(AliasedPage)),
  ]
  expect(await counts()).toEqual([1, 2])
  await multiply()
  expect(await counts()).toEqual([1, 2])
})

test('returns the first or last comments of each ticket', async () => {
  const { tickets } = await users.viewer.ask(
    graphql(`
      query CommentsOfEach {
        tickets(filter: { id: { in: ["CORE-1", "CORE-2", "CORE-3", "CORE-4", "CORE-5"] } }, orderBy: [{ field: NUMBER }]) {
          nodes {
            first: comments(first: 2) { totalCount nodes { body } pageInfo { hasNextPage hasPreviousPage endCursor } }
            last: comments(last: 2) { nodes { body } pageInfo { hasNextPage hasPreviousPage } }
            second: comments(first: 1, offset: 1) { nodes { body } }
          }
        }
      }
    `),
  )
  const bodies = ({ nodes }: { nodes: readonly { body: string }[] }) => nodes.map(({ body }) => body)
  expect(tickets.nodes.map(({ first }) => bodies(first))).toEqual([
    ['1.1'],
    ['2.1', '2.2'],
    ['3.1', '3.2'],
    ['4.1', '4.2'],
    ['5.1', '5.2'],
  ])
  expect(tickets.nodes.map(({ last }) => bodies(last))).toEqual([
    ['1.1'],
    ['2.1', '2.2'],
    ['3.2', '3.3'],
    ['4.3', '4.4'],
    ['5.4', '5.5'],
  ])
  expect(tickets.nodes.map(({ second }) => bodies(second))).toEqual([[], ['2.2'], ['3.2'], ['4.2'], ['5.2']])
  expect(tickets.nodes.map(({ first }) => [first.totalCount, first.pageInfo.hasNextPage])).toEqual([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
    [5, true],
  ])
  expect(tickets.nodes.map(({ last }) => last.pageInfo.hasPreviousPage)).toEqual([false, false, true, true, true])
})

test('reads the lists of several projects in as many statements as of one', async () => {
  const document = graphql(`
    query ListsOfProjects {
      projects { nodes { key issues(first: 2, orderBy: [{ field: NUMBER }]) { totalCount nodes { key } } defects { totalCount } members(first: 10) { nodes { user { username } role } } labels { name } viewerRole } }
    }
  `)
  const before = await countOf(() => users.maintainer.ask(document))
  for (const key of ['SECOND', 'THIRD']) {
    await users.maintainer.ask(
      graphql(
        `mutation BatchProject($key: String!) { createProject(input: { key: $key, name: "More" }) { project { id } } }`,
      ),
      { key },
    )
    await createIssue(users.maintainer, key, 'Only one')
  }
  expect(await countOf(() => users.maintainer.ask(document))).toBe(before)
  const { projects } = await users.maintainer.ask(document)
  expect(
    projects.nodes.map(({ key, issues }) => [key, issues.nodes.map((issue) => issue.key), issues.totalCount]),
  ).toEqual([
    ['CORE', ['CORE-1', 'CORE-2'], 500],
    ['SECOND', ['SECOND-1'], 1],
    ['THIRD', ['THIRD-1'], 1],
  ])
  expect(projects.nodes[0]?.members.nodes.map(({ user, role }) => `${user.username} ${role}`)).toEqual([
    'contributor CONTRIBUTOR',
    'maintainer MAINTAINER',
    'reporter REPORTER',
    'viewer VIEWER',
  ])
})
