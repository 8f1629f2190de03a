import { beforeAll, describe, expect, test } from 'vitest'
import type { UpdateUserInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { createIssue, createTestUsers, password, signUp, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const UserCreate = graphql(`
  mutation UserCreate($input: CreateUserInput!) {
    createUser(input: $input) { user { id username name email role active createdAt } }
  }
`)
const UserUpdate = graphql(`
  mutation UserUpdate($input: UpdateUserInput!) {
    updateUser(input: $input) { user { username name email role active } }
  }
`)
const UserRead = graphql(`query UserRead($id: ID!) { user(id: $id) { username name email role active } }`)
const UserSearch = graphql(`
  query UserSearch($search: String, $first: Int, $after: String) {
    users(search: $search, first: $first, after: $after) {
      totalCount nodes { username } pageInfo { hasNextPage endCursor }
    }
  }
`)

const add = async (username: string, more: object = {}) =>
  (await users.admin.ask(UserCreate, { input: { username, name: username, password, ...more } })).createUser.user
const update = async (client: Client, id: string, change: Omit<UpdateUserInput, 'id'>) =>
  (await client.ask(UserUpdate, { input: { id, ...change } })).updateUser.user
const errorFor = async (client: Client, id: string, change: Omit<UpdateUserInput, 'id'>) =>
  (await client.expectError(UserUpdate, { input: { id, ...change } })).extensions
const read = async (id: string) => (await users.admin.ask(UserRead, { id })).user
const search = async (text: string | null) =>
  (await users.viewer.ask(UserSearch, { search: text })).users.nodes.map(({ username }) => username)

describe('createUser and updateUser', () => {
  test('creates a user with role MEMBER by default', async () => {
    const user = await add('Made.By-Admin_1', { name: '  Made  by ', email: 'made@example.com' })
    expect(user).toMatchObject({
      username: 'made.by-admin_1',
      name: 'Made by',
      email: 'made@example.com',
      role: 'MEMBER',
      active: true,
    })
    expect(await read('MADE.by-admin_1')).toEqual(await read(user.id))
    expect(await add('second-admin', { role: 'ADMIN' })).toMatchObject({ role: 'ADMIN', email: null })
    await update(users.admin, 'second-admin', { role: 'MEMBER' })
  })

  test('reports all field errors of a user together, and a taken username', async () => {
    const invalidInput = { username: '-x', name: '', password: 'short', role: null }
    const { extensions } = await users.admin.expectError(UserCreate, { input: invalidInput })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual([
      'input.name',
      'input.password',
      'input.role',
      'input.username',
    ])
    const usernameError = await users.admin.expectError(UserCreate, {
      input: { username: 'VIEWER', name: 'Again', password },
    })
    expect(usernameError.extensions?.code).toBe('CONFLICT')
    const email = { username: 'mailed', name: 'Mailed', password, email: 'nowhere' }
    const wrong = await users.admin.expectError(UserCreate, { input: email })
    expect(wrong.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.email' }] })
    expect(await read('mailed')).toBeNull()
  })

  test('creates one of ten concurrent users with the same username', async () => {
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        users.admin.send(UserCreate, {
          input: { username: index % 2 ? 'TWIN' : 'twin', name: `Twin ${index}`, password },
        }),
      ),
    )
    expect(responses.filter(({ data }) => data)).toHaveLength(1)
    for (const { errors } of responses) expect([undefined, 'CONFLICT']).toContain(errors?.[0]?.extensions?.code)
  })

  test('permits users to change their own name and e-mail, and rejects a null name', async () => {
    const person = await signUp(server, 'changing')
    expect(await update(person, 'changing', { name: 'Changed', email: 'c@example.com' })).toEqual({
      username: 'changing',
      name: 'Changed',
      email: 'c@example.com',
      role: 'MEMBER',
      active: true,
    })
    expect(await update(person, person.id, {})).toMatchObject({ name: 'Changed', email: 'c@example.com' })
    expect(await update(person, 'CHANGING', { email: null })).toMatchObject({ name: 'Changed', email: null })
    const extensions = await errorFor(person, 'changing', { name: null, role: null, active: null })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual([
      'input.active',
      'input.name',
      'input.role',
    ])
    expect(await read('changing')).toMatchObject({ name: 'Changed', email: null })
  })

  test('rejects changes by a MEMBER of other users, or of their own role or activity', async () => {
    const before = [await read('viewer'), await read('reporter')]
    expect((await errorFor(users.viewer, 'reporter', { name: 'Mine' }))?.code).toBe('FORBIDDEN')
    expect((await errorFor(users.viewer, 'viewer', { role: 'ADMIN' }))?.code).toBe('FORBIDDEN')
    expect((await errorFor(users.viewer, 'viewer', { name: 'Mine', active: true }))?.code).toBe('FORBIDDEN')
    expect((await errorFor(users.admin, 'nosuchuser', { name: 'Unknown' }))?.code).toBe('NOT_FOUND')
    expect([await read('viewer'), await read('reporter')]).toEqual(before)
  })

  test('shows an e-mail only to its user and to an ADMIN', async () => {
    const person = await signUp(server, 'mailing')
    await update(person, 'mailing', { email: 'mailing@example.com' })
    const emailReadBy = async (client: Client) => (await client.ask(UserRead, { id: 'mailing' })).user?.email
    expect(await emailReadBy(person)).toBe('mailing@example.com')
    expect(await emailReadBy(users.admin)).toBe('mailing@example.com')
    expect(await emailReadBy(users.maintainer)).toBeNull()
  })

  test('keeps tickets of a deactivated user and rejects new assignments', async () => {
    const leaver = await signUp(server, 'leaver')
    const { updateProject } = await users.maintainer.ask(
      graphql(
        `mutation UserOpenProject { updateProject(input: { id: "CORE", defaultRole: REPORTER }) { project { id } } }`,
      ),
    )
    const { id } = await createIssue(leaver, updateProject.project.id, 'Left behind')
    await users.contributor.ask(
      graphql(
        `mutation UserAssign($id: ID!) { assignTicket(input: { id: $id, assigneeId: "leaver" }) { ticket { id } } }`,
      ),
      { id },
    )
    expect(await update(users.admin, 'leaver', { active: false })).toMatchObject({ active: false })
    const UserTicket = graphql(`
      query UserTicket($id: ID!) { issue(id: $id) { reporter { username active } assignee { username active } } }
    `)
    const closed = { username: 'leaver', active: false }
    expect((await users.viewer.ask(UserTicket, { id })).issue).toEqual({ reporter: closed, assignee: closed })
    const again = { projectId: 'CORE', title: 'More', assigneeId: 'leaver' }
    const UserFile = graphql(`
      mutation UserFile($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }
    `)
    const { extensions } = await users.contributor.expectError(UserFile, { input: again })
    expect(extensions?.fieldErrors).toMatchObject([{ path: 'input.assigneeId' }])
  })
})

describe('list of users', () => {
  test('finds users by a literal substring of username or name, ignoring case', async () => {
    await add('per.cent', { name: '100% Sure' })
    await add('under_score', { name: 'Plain' })
    await add('under-score', { name: 'Back\\slash' })
    await add('umlaut', { name: 'Jörg Größe' })
    expect(await search('PER.C')).toEqual(['per.cent'])
    expect(await search('% s')).toEqual(['per.cent'])
    expect(await search('%')).toEqual(['per.cent'])
    expect(await search('under_s')).toEqual(['under_score'])
    expect(await search('SCORE')).toEqual(['under-score', 'under_score'])
    expect(await search('\\')).toEqual(['under-score'])
    expect(await search('JÖRG')).toEqual(['umlaut'])
    expect(await search('nowhere to be found')).toEqual([])
  })

  test('returns all users by username without a search, in pages', async () => {
    const all = await search(null)
    expect(all).toEqual([...all].sort())
    expect(await search('')).toEqual(all)
    const pages: string[] = []
    const readPage = async (after: string | null): Promise<void> => {
      const { users: page } = await users.viewer.ask(UserSearch, { first: 5, after })
      expect(page.totalCount).toBe(all.length)
      pages.push(...page.nodes.map(({ username }) => username))
      if (page.pageInfo.hasNextPage) await readPage(page.pageInfo.endCursor)
    }
    await readPage(null)
    expect(pages).toEqual(all)
  })

  test('rejects a search of users that is too long or contains NUL', async () => {
    for (const text of ['\0', 'x'.repeat(201)]) {
      const { extensions } = await users.viewer.expectError(UserSearch, { search: text })
      expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'search' }] })
    }
  })
})
