import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { ApiResponse } from './support/client.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createTestUsers,
  signUp,
  type TestUser,
  type TestUsers,
} from './support/people.ts'
import { documentOf, shared, ticket, variables } from './support/selections.ts'

const server = useServer()
let users: TestUsers
const ids: string[] = []

const Comment = graphql(`
  mutation LookAheadComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)
const Uncomment = graphql(`
  mutation LookAheadUncomment($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }
`)
const Rename = graphql(`
  mutation LookAheadRename($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  const { app } = server.withSettings({ SNAGLIST_COMPILE: '0' })
  interpreted = Object.assign(Object.create(users.contributor), { app })
  const { contributor, maintainer, reporter } = users
  await server.database.pool.query("UPDATE users SET email = username || '@example.com'")
  const labelIds = [await createLabel(maintainer, 'CORE', 'two'), await createLabel(maintainer, 'CORE', 'one')]
  const issue = await createIssue(contributor, 'CORE', 'All of it', { labelIds, assigneeId: 'contributor' })
  const plain = await createIssue(reporter, 'CORE', 'Nothing but a title')
  const defect = await createDefect(contributor, 'CORE', 'Solder', { assigneeId: 'maintainer', absn: 'A1', labelIds })
  const bare = await createDefect(reporter, 'CORE', 'Paint')
  ids.push(issue.id, plain.id, defect.id, bare.id)
  for (const ticketId of [issue.id, defect.id]) {
    const comment = async (client: typeof reporter, body: string, parentId: string | null = null) =>
      (await client.ask(Comment, { input: { ticketId, body, parentId } })).addComment.comment.id
    const first = await comment(contributor, 'first')
    const response = await comment(maintainer, 'response', first)
    await comment(reporter, 'deeper', response)
    await comment(contributor, 'member', first)
    await contributor.ask(Uncomment, { id: first })
  }
  for (const title of ['Second', 'Third', 'Fourth'])
    await contributor.ask(Rename, { input: { id: issue.id, title, description: `${title} "words"` } })
})

/** The same server without compiled queries. */
let interpreted: TestUser

/** The data of a result. Skips documents above the limits, and those with fragments that cannot match. */
function dataOf<Data>({ data, errors }: ApiResponse<Data>, query: string): Data {
  fc.pre(
    !errors?.some(
      ({ message, extensions }) => extensions?.code === 'QUERY_TOO_COMPLEX' || /can never be of type/.test(message),
    ),
  )
  expect(errors, query).toBeUndefined()
  return data as Data
}

describe('random selections of tickets', () => {
  // Queries with directives are not compiled.
  const directives = / @(?:include|skip)\(if: \$\w+\)/g
  test.each([
    ['with directives', (text: string) => text],
    ['compiled', (text: string) => text.replaceAll(directives, '')],
  ])(
    'returns the same with look-ahead as with loaders, for one ticket and for several: %s',
    async (_description, prepare) => {
      const ask = async <Data>(query: string, values: object) =>
        dataOf(await users.contributor.post<Data>({ query, variables: values }), query)
      await fc.assert(
        fc.asyncProperty(ticket(3), shared, variables, variables, async (set, fragment, ...valueSets) => {
          const document = (root: string, parameter: string) => documentOf(prepare(root), parameter, prepare(fragment))
          const byLoaders = document(`nodes(ids: $ids) { ... on Ticket ${set} }`, '$ids: [ID!]!')
          const order = 'orderBy: [{ field: NUMBER }]'
          const asList = document(`tickets(filter: { id: { in: $ids } }, ${order}) { nodes ${set} }`, '$ids: [ID!]!')
          const single = document(`ticket(id: $id) ${set}`, '$id: ID!')
          for (const values of [...valueSets, ...valueSets]) {
            const body = { query: byLoaders, variables: { ids, ...values } }
            const { nodes } = dataOf(await interpreted.post<{ nodes: unknown[] }>(body), byLoaders)
            expect((await ask<{ nodes: unknown[] }>(byLoaders, body.variables)).nodes).toEqual(nodes)
            const { tickets } = await ask<{ tickets: { nodes: unknown[] } }>(asList, body.variables)
            expect(tickets.nodes).toEqual(nodes)
            for (const [index, id] of ids.entries())
              expect((await ask<{ ticket: unknown }>(single, { id, ...values })).ticket).toEqual(nodes[index])
          }
        }),
        { numRuns: 12 },
      )
    },
  )
})

describe('invalid arguments of a nested field', () => {
  const invalidArguments = ['first: 1000', 'first: -1', 'after: "no cursor"', 'first: 1, last: 1', 'offset: -1']

  /** Sends a query interpreted and compiled, and returns their common result. */
  async function resultOf(query: string, id = ids[0]) {
    const body = { query, variables: { id } }
    const expected = await interpreted.post(body)
    for (let time = 1; time <= 3; time++) {
      const { data, errors } = await users.contributor.post(body)
      expect({ data, errors: errors?.map(({ path, extensions }) => [path, extensions]) }).toEqual({
        data: expected.data,
        errors: expected.errors?.map(({ path, extensions }) => [path, extensions]),
      })
    }
    const { data, errors } = expected
    return { data, errors: errors?.map(({ path, extensions }) => [path?.join('.'), extensions?.code]) }
  }

  test.each(invalidArguments)(
    'sets a ticket with an invalid nested argument to null, and keeps other fields: %s',
    async (args) => {
      expect(
        await resultOf(
          `query ($id: ID!) { viewer { username } ticket(id: $id) { key comments(${args}) { nodes { id } } } }`,
        ),
      ).toEqual({
        data: { viewer: { username: 'contributor' }, ticket: null },
        errors: [['ticket.comments', 'BAD_USER_INPUT']],
      })
    },
  )

  test('reports an invalid nested argument at its alias, and keeps other nullable fields', async () => {
    const { data, errors } = await resultOf(`query ($id: ID!) {
      ticket(id: $id) { key comments(first: 2) { nodes { body parent { body bad: replies(first: 999) { totalCount } } } } }
    }`)
    expect(data).toEqual({
      ticket: {
        key: 'CORE-1',
        comments: {
          nodes: [
            { body: '', parent: null },
            { body: 'response', parent: null },
          ],
        },
      },
    })
    expect(errors).toEqual([['ticket.comments.nodes.1.parent.bad', 'BAD_USER_INPUT']])
  })

  test('returns no data for an invalid argument in non-null nodes', async () => {
    const { data, errors } = await resultOf(
      '{ tickets(filter: { id: { in: ["CORE-3"] } }) { nodes { key history(last: 201) { totalCount } } } }',
    )
    expect(data).toBeNull()
    expect(errors).toEqual([['tickets.nodes.0.history', 'BAD_USER_INPUT']])
  })

  test('rejects the cursor of another list', async () => {
    const { data } = await users.contributor.post<{ ticket: { history: { pageInfo: { endCursor: string } } } }>({
      query: '{ ticket(id: "CORE-1") { history(first: 1) { pageInfo { endCursor } } } }',
    })
    const cursor = data?.ticket.history.pageInfo.endCursor
    const { errors } = await resultOf(
      `query ($id: ID!) { ticket(id: $id) { comments(after: "${cursor}") { totalCount } } }`,
    )
    expect(errors).toEqual([['ticket.comments', 'BAD_USER_INPUT']])
  })
})

// graphql-jit alone would confuse the directives of repeated fields.
test.each([
  '{ ticket(id: "CORE-1") { assignee { name } assignee @include(if: $yes) { ...Spread } } }',
  '{ ticket(id: "CORE-1") { assignee { name } assignee @include(if: $yes) { ... { username } } } }',
  '{ ticket(id: "CORE-1") { assignee { name } ... @include(if: $yes) { assignee { ...Spread } } } }',
  '{ viewer { name } viewer @include(if: $yes) { ...Spread } }',
  '{ viewer { name ...Spread @include(if: $yes) ...Spread } }',
  '{ viewer { name ...Spread @include(if: $yes) } other: viewer { ...Spread } }',
])('applies directives of repeated fields and fragments at every run: %s', async (root) => {
  const spread = root.includes('...Spread') ? ' fragment Spread on User { username }' : ''
  const body = { query: `query ($yes: Boolean!) ${root}${spread}`, variables: { yes: false } }
  const { data } = await interpreted.post(body)
  await users.contributor.post(body)
  expect(dataOf(await users.contributor.post(body), body.query)).toEqual(data)
})

test('applies directives of unrepeated fields at every run', async () => {
  const query = `query ($yes: Boolean!, $id: ID!) {
    ticket(id: $id) {
      key @skip(if: $yes) assignee @include(if: $yes) { ...Spread } labels { name @include(if: $yes) id @skip(if: $yes) }
      ... @skip(if: $yes) { title comments(first: 1) { totalCount nodes { body @skip(if: $yes) } } }
      ...Rest @include(if: $yes)
    }
  } fragment Spread on User { username } fragment Rest on Ticket { status history { totalCount @include(if: $yes) } }`
  for (const yes of [true, false, true, false]) {
    const body = { query, variables: { yes, id: ids[0] } }
    const { data } = await interpreted.post(body)
    expect(dataOf(await users.contributor.post(body), query)).toEqual(data)
    expect(JSON.stringify(data).includes('username')).toBe(yes)
  }
})

test('shows the e-mail address of a user only to the user and to admins, at any depth', async () => {
  const document = graphql(`
    query LookAheadEmails {
      ticket(id: "CORE-1") {
        reporter { email }
        assignee { email }
        comments { nodes { author { username email } ticket { reporter { email } } } }
        history(first: 1) { nodes { actor { email } } }
        project { members(first: 10) { nodes { user { username email } } } }
      }
    }
  `)
  const emails = async (client: TestUsers['viewer']) =>
    [...JSON.stringify(await client.ask(document)).matchAll(/"email":(?:"(\w+)@example.com"|null)/g)].map(
      ([, name]) => name ?? null,
    )
  const member = await signUpMember()
  const all = await emails(users.admin)
  expect(all).toContain('maintainer')
  expect(all).not.toContain(null)
  for (const client of [users.viewer, users.contributor, member])
    expect(await emails(client)).toEqual(all.map((name) => (name === client.username ? name : null)))
})

/** A member without tickets. */
async function signUpMember() {
  const person = await signUp(server, 'member')
  await server.database.pool.query("UPDATE users SET email = 'member@example.com' WHERE id = $1", [person.id])
  await server.database.pool.query("INSERT INTO project_members SELECT id, $1, 'VIEWER' FROM projects", [person.id])
  return person
}
