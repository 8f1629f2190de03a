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
  const { app } = server.configured({ SNAGLIST_COMPILE: '0' })
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
    const response = await comment(maintainer, 'answer', first)
    await comment(reporter, 'deeper', response)
    await comment(contributor, 'beside', first)
    await contributor.ask(Uncomment, { id: first })
  }
  for (const title of ['Second', 'Third', 'Fourth'])
    await contributor.ask(Rename, { input: { id: issue.id, title, description: `${title} "words"` } })
})

/** The same server without compiled queries. */
let interpreted: TestUser

/** The data of an answer; documents over the limits, and those with an issue that is a defect, are left to other tests. */
function dataOf<Data>({ data, errors }: ApiResponse<Data>, query: string): Data {
  fc.pre(
    !errors?.some(
      ({ message, extensions }) => extensions?.code === 'QUERY_TOO_COMPLEX' || /can never be of type/.test(message),
    ),
  )
  expect(errors, query).toBeUndefined()
  return data as Data
}

describe('whatever is selected of tickets', () => {
  // Queries with directives are not compiled.
  const directives = / @(?:include|skip)\(if: \$\w+\)/g
  test.each([
    ['with directives', (text: string) => text],
    ['compiled from the second time on', (text: string) => text.replaceAll(directives, '')],
  ])('is the same by one statement as by loaders, for one ticket and for many: %s', async (_way, prepare) => {
    const ask = async <Data>(query: string, given: object) =>
      dataOf(await users.contributor.post<Data>({ query, variables: given }), query)
    await fc.assert(
      fc.asyncProperty(ticket(3), shared, variables, variables, async (set, fragment, ...given) => {
        const document = (root: string, parameter: string) => documentOf(prepare(root), parameter, prepare(fragment))
        const byLoaders = document(`nodes(ids: $ids) { ... on Ticket ${set} }`, '$ids: [ID!]!')
        const order = 'orderBy: [{ field: NUMBER }]'
        const asList = document(`tickets(filter: { id: { in: $ids } }, ${order}) { nodes ${set} }`, '$ids: [ID!]!')
        const single = document(`ticket(id: $id) ${set}`, '$id: ID!')
        for (const chosen of [...given, ...given]) {
          const asked = { query: byLoaders, variables: { ids, ...chosen } }
          const { nodes } = dataOf(await interpreted.post<{ nodes: unknown[] }>(asked), byLoaders)
          expect((await ask<{ nodes: unknown[] }>(byLoaders, asked.variables)).nodes).toEqual(nodes)
          const { tickets } = await ask<{ tickets: { nodes: unknown[] } }>(asList, asked.variables)
          expect(tickets.nodes).toEqual(nodes)
          for (const [index, id] of ids.entries())
            expect((await ask<{ ticket: unknown }>(single, { id, ...chosen })).ticket).toEqual(nodes[index])
        }
      }),
      { numRuns: 25 },
    )
  })
})

describe('arguments at fault in a nested field', () => {
  const faulty = ['first: 1000', 'first: -1', 'after: "no cursor"', 'first: 1, last: 1', 'offset: -1']

  /** Asks in every way that a query is run, and returns what all of them answer. */
  async function asked(query: string, id = ids[0]) {
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

  test.each(faulty)('make their ticket null and leave the rest: %s', async (args) => {
    expect(
      await asked(
        `query ($id: ID!) { viewer { username } ticket(id: $id) { key comments(${args}) { nodes { id } } } }`,
      ),
    ).toEqual({
      data: { viewer: { username: 'contributor' }, ticket: null },
      errors: [['ticket.comments', 'BAD_USER_INPUT']],
    })
  })

  test('are told at their alias, and fields beside them that may be null keep their values', async () => {
    const { data, errors } = await asked(`query ($id: ID!) {
      ticket(id: $id) { key comments(first: 2) { nodes { body parent { body bad: replies(first: 999) { totalCount } } } } }
    }`)
    expect(data).toEqual({
      ticket: {
        key: 'CORE-1',
        comments: {
          nodes: [
            { body: '', parent: null },
            { body: 'answer', parent: null },
          ],
        },
      },
    })
    expect(errors).toEqual([['ticket.comments.nodes.1.parent.bad', 'BAD_USER_INPUT']])
  })

  test('in a page, where nothing may be null, leave nothing', async () => {
    const { data, errors } = await asked(
      '{ tickets(filter: { id: { in: ["CORE-3"] } }) { nodes { key history(last: 201) { totalCount } } } }',
    )
    expect(data).toBeNull()
    expect(errors).toEqual([['tickets.nodes.0.history', 'BAD_USER_INPUT']])
  })

  test('of a cursor of another list are at fault too', async () => {
    const { data } = await users.contributor.post<{ ticket: { history: { pageInfo: { endCursor: string } } } }>({
      query: '{ ticket(id: "CORE-1") { history(first: 1) { pageInfo { endCursor } } } }',
    })
    const cursor = data?.ticket.history.pageInfo.endCursor
    const { errors } = await asked(
      `query ($id: ID!) { ticket(id: $id) { comments(after: "${cursor}") { totalCount } } }`,
    )
    expect(errors).toEqual([['ticket.comments', 'BAD_USER_INPUT']])
  })
})

// graphql-jit alone would mix up the directives of what stands twice.
test.each([
  '{ ticket(id: "CORE-1") { assignee { name } assignee @include(if: $yes) { ...Spread } } }',
  '{ ticket(id: "CORE-1") { assignee { name } assignee @include(if: $yes) { ... { username } } } }',
  '{ ticket(id: "CORE-1") { assignee { name } ... @include(if: $yes) { assignee { ...Spread } } } }',
  '{ viewer { name } viewer @include(if: $yes) { ...Spread } }',
  '{ viewer { name ...Spread @include(if: $yes) ...Spread } }',
  '{ viewer { name ...Spread @include(if: $yes) } other: viewer { ...Spread } }',
])('directives on a field or a fragment that stands twice are heeded once compiled, too: %s', async (root) => {
  const spread = root.includes('...Spread') ? ' fragment Spread on User { username }' : ''
  const body = { query: `query ($yes: Boolean!) ${root}${spread}`, variables: { yes: false } }
  const { data } = await interpreted.post(body)
  await users.contributor.post(body)
  expect(dataOf(await users.contributor.post(body), body.query)).toEqual(data)
})

test('directives on fields that stand once are heeded once compiled, too', async () => {
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

test('the e-mail of users is seen by themselves and admins alone, however deep it is nested', async () => {
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
  const beside = await signUpBeside()
  const all = await emails(users.admin)
  expect(all).toContain('maintainer')
  expect(all).not.toContain(null)
  for (const client of [users.viewer, users.contributor, beside])
    expect(await emails(client)).toEqual(all.map((name) => (name === client.username ? name : null)))
})

/** A member who has done nothing. */
async function signUpBeside() {
  const person = await signUp(server, 'beside')
  await server.database.pool.query("UPDATE users SET email = 'beside@example.com' WHERE id = $1", [person.id])
  await server.database.pool.query("INSERT INTO project_members SELECT id, $1, 'VIEWER' FROM projects", [person.id])
  return person
}
