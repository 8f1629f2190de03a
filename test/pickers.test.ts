import { beforeAll, describe, expect, test } from 'vitest'
import type { PickerUsersQueryVariables } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  await createProject(users.admin, 'OPEN', 'REPORTER')
  await createProject(users.admin, 'LINE7')
  await users.admin.ask(Prepare)
})

const Prepare = graphql(`
  mutation PickerPrepare {
    updateUser(input: { id: "reporter", active: false }) { user { id } }
    updateProject(input: { id: "LINE7", name: "Assembly 100%" }) { project { id } }
  }
`)
const Users = graphql(`
  query PickerUsers($active: Boolean, $assignableIn: ID, $search: String, $last: Int, $before: String) {
    users(active: $active, assignableIn: $assignableIn, search: $search, last: $last, before: $before) {
      totalCount nodes { username } pageInfo { startCursor hasPreviousPage }
    }
  }
`)
const Projects = graphql(`query PickerProjects($search: String) { projects(search: $search) { nodes { key } } }`)

const usernamesOf = async (client: Client, variables: PickerUsersQueryVariables) =>
  (await client.ask(Users, variables)).users.nodes.map(({ username }) => username)

describe('users', () => {
  test('returns only active users, or only deactivated ones', async () => {
    expect(await usernamesOf(users.viewer, { active: false })).toEqual(['reporter'])
    const active = await usernamesOf(users.viewer, { active: true })
    expect(active).not.toContain('reporter')
    expect(await usernamesOf(users.viewer, {})).toEqual([...active, 'reporter'].sort())
  })

  test('returns the possible assignees of a project, in combination with a search', async () => {
    const members = ['admin', 'contributor', 'maintainer', 'viewer']
    expect(await usernamesOf(users.viewer, { assignableIn: 'core' })).toEqual(expect.arrayContaining(members))
    expect(await usernamesOf(users.viewer, { assignableIn: 'CORE' })).not.toContain('outsider')
    expect(await usernamesOf(users.viewer, { assignableIn: 'OPEN' })).toContain('outsider')
    expect(await usernamesOf(users.admin, { assignableIn: 'LINE7' })).toEqual(['admin'])
    for (const project of ['CORE', 'OPEN'])
      expect(await usernamesOf(users.viewer, { assignableIn: project })).not.toContain('reporter')
    expect(await usernamesOf(users.viewer, { assignableIn: 'CORE', search: 'TAINER' })).toEqual(['maintainer'])
  })

  test('returns the users that assignTicket accepts', async () => {
    const { id } = await createIssue(users.maintainer, 'CORE', 'To assign')
    const assignable = await usernamesOf(users.maintainer, { assignableIn: 'CORE' })
    const accepted: string[] = []
    for (const userId of await usernamesOf(users.maintainer, {})) {
      const { errors } = await users.maintainer.send(Assign, { id, userId })
      if (!errors) accepted.push(userId)
    }
    expect(assignable).toEqual(accepted)
  })

  test('returns no users for a project that is hidden or does not exist, with the same statements', async () => {
    const read = (assignableIn: string) => statementsOf(server, () => usernamesOf(users.outsider, { assignableIn }))
    const [hidden, missing] = [await read('LINE7'), await read('NONE')]
    expect([hidden.result, missing.result]).toEqual([[], []])
    expect(hidden.sent).toEqual(missing.sent)
    const { extensions } = await users.viewer.expectError(Users, { assignableIn: 'no key' })
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'assignableIn' }] })
  })

  test('reads backward from the end', async () => {
    const all = await usernamesOf(users.viewer, {})
    const last = (await users.viewer.ask(Users, { last: 2 })).users
    expect(last.nodes.map(({ username }) => username)).toEqual(all.slice(-2))
    const previous = await usernamesOf(users.viewer, { last: 2, before: last.pageInfo.startCursor })
    expect(previous).toEqual(all.slice(-4, -2))
  })
})

const Assign = graphql(`
  mutation PickerAssign($id: ID!, $userId: ID!) {
    assignTicket(input: { id: $id, assigneeId: $userId }) { ticket { id } }
  }
`)

test.each([
  ['open', ['OPEN']],
  ['LINE', ['LINE7']],
  ['assembly 100%', ['LINE7']],
  ['0_', []],
  ['', ['CORE', 'LINE7', 'OPEN']],
  [null, ['CORE', 'LINE7', 'OPEN']],
])('projects(search: "%s") matches keys and names', async (search, keys) => {
  const { projects } = await users.admin.ask(Projects, { search })
  expect(projects.nodes.map(({ key }) => key)).toEqual(keys)
})

test('projects(search:) returns only projects that the user can see', async () => {
  const { projects } = await users.outsider.ask(Projects, { search: 'line' })
  expect(projects.nodes).toEqual([])
})

test('Project.tickets contains both kinds, filtered and sorted', async () => {
  const Tickets = graphql(`
    query PickerTickets($filter: TicketFilter) {
      project(id: "OPEN") {
        tickets(filter: $filter, orderBy: [{ field: NUMBER }]) { totalCount nodes { __typename number } }
        issues { totalCount }
        defects { totalCount }
      }
    }
  `)
  await createIssue(users.admin, 'OPEN', 'An issue')
  await createDefect(users.admin, 'OPEN', 'Paint')
  const { project } = await users.outsider.ask(Tickets, { filter: null })
  expect(project).toEqual({
    tickets: {
      totalCount: 2,
      nodes: [
        { __typename: 'Issue', number: 1 },
        { __typename: 'Defect', number: 2 },
      ],
    },
    issues: { totalCount: 1 },
    defects: { totalCount: 1 },
  })
  const filtered = await users.outsider.ask(Tickets, { filter: { kind: 'DEFECT' } })
  expect(filtered.project?.tickets.totalCount).toBe(1)
})
