import { beforeAll, expect, test } from 'vitest'
import { schema } from '../src/schema.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { noContents } from './support/contents.ts'
import {
  createIssue,
  createProject,
  createTestUsers,
  password,
  setMember,
  signUp,
  type TestUsers,
} from './support/people.ts'
import {
  type Codes,
  clientOf,
  type Digests,
  digestsOf,
  expectFoundByNode,
  expectRejection,
  type Row,
  roleNames,
  row,
  serverMutations,
  usernameOf,
} from './support/permissions.ts'

// Selecting whole payloads is expensive.
const server = useServer({ SNAGLIST_COST_LIMIT: '1000000000' })
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  await signUp(server, 'extra')
})

const UpdateUser = graphql(`
  mutation PermissionsUpdateUser($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }
`)
const CreateToken = graphql(`
  mutation PermissionsCreateToken($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { accessToken { id } } }
`)
const RevokeToken = graphql(`
  mutation PermissionsRevokeToken($input: RevokeAccessTokenInput!) { revokeAccessToken(input: $input) { revokedAccessTokenId } }
`)

const anyText = () => crypto.randomUUID()
const key = () => `K${anyText().replaceAll('-', '').slice(0, 9)}`
const [U, N, F, ok] = ['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', null] as const
const everyUser: Codes = [U, ok, ok, ok, ok, ok, ok, ok]
const adminOnly: Codes = [U, F, F, F, F, F, F, ok]

const rows: readonly Row[] = [
  row('createProject', everyUser, () => ({ key: key(), name: anyText() })),
  row('createUser', adminOnly, () => ({ username: key(), name: anyText(), password })),
  row('updateUser', adminOnly, () => ({ id: 'extra', name: anyText() })),
  row('updateUser, its role and activity', adminOnly, () => ({
    id: 'extra',
    role: 'MEMBER',
    active: true,
  })),
  row('updateUser, oneself', everyUser, (_at, role) => ({ id: usernameOf(role), name: anyText() })),
  row('updateUser, oneself to ADMIN', adminOnly, (_at, role) => ({
    id: usernameOf(role),
    role: 'ADMIN',
  })),
  row('changePassword', everyUser, () => ({ currentPassword: password, newPassword: password })),
  row('createPasswordReset', adminOnly, () => ({ userId: 'extra' })),
  row('createAccessToken', everyUser, () => ({ name: anyText() })),
  row('endSession', [U, N, N, N, N, N, N, N], () => ({ id: noContents.issue })),
  row('revokeAccessToken', [U, N, N, N, N, N, N, N], () => ({ id: noContents.issue })),
]

test('table of permissions has a row for each mutation outside of projects, except those of sessions', () => {
  const inTable = new Set(rows.map(({ name }) => name.split(',')[0] ?? ''))
  expect([...inTable, 'signUp', 'signIn', 'resetPassword', 'signOut'].sort()).toEqual([...serverMutations].sort())
  expect(Object.keys(schema.getMutationType()?.getFields() ?? {})).toEqual(expect.arrayContaining([...serverMutations]))
})

test.each(rows)('permits $name to the roles of the table, and changes nothing for others', async (mutation) => {
  let before: Digests | null = null
  for (const [index, role] of roleNames.entries()) {
    const client = clientOf(server, users, role)
    const code = mutation.codes[index] ?? null
    if (code !== null) {
      before ??= await digestsOf(server)
      await expectRejection(server, mutation, client, role, noContents, code, before)
    } else {
      before = null
      const { data, errors } = await mutation.send(client, noContents, role)
      expect(errors, `${mutation.name} as ${role}`).toBeUndefined()
      await expectFoundByNode(client, data)
    }
  }
})

test('permits revoking an access token to its owner and ADMINs only', async () => {
  for (const owner of ['reporter', 'admin'] as const) {
    const { createAccessToken } = await users.reporter.ask(CreateToken, { input: { name: 'script' } })
    const input = { id: createAccessToken.accessToken.id }
    const before = await digestsOf(server)
    for (const role of ['outsider', 'viewer', 'contributor', 'maintainer'] as const)
      expect((await users[role].expectError(RevokeToken, { input })).extensions?.code, role).toBe('NOT_FOUND')
    expect(await digestsOf(server)).toEqual(before)
    expect((await users[owner].ask(RevokeToken, { input })).revokeAccessToken.revokedAccessTokenId).toBe(input.id)
  }
})

const File = graphql(`
  mutation PermissionsFile($input: CreateDefectInput!) { createDefect(input: $input) { defect { assignee { username } } } }
`)
const Assign = graphql(`
  mutation PermissionsAssignAnyone($input: AssignTicketInput!) {
    assignTicket(input: $input) { ticket { assignee { username } } }
  }
`)
const Patch = graphql(`
  mutation PermissionsPatchAnyone($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { title } } }
`)

test('accepts only assignees who are active and can see the project', async () => {
  const issue = await createIssue(users.contributor, 'CORE', 'Whose?')
  const closed = await signUp(server, 'closed')
  await setMember(users.maintainer, 'CORE', closed.id, 'MAINTAINER')
  await users.admin.ask(UpdateUser, { input: { id: 'closed', active: false } })
  const before = await digestsOf(server)
  for (const assigneeId of ['outsider', users.outsider.id, 'closed', closed.id, 'nosuchuser', noContents.issue])
    for (const error of [
      await users.contributor.expectError(File, {
        input: { projectId: 'CORE', title: 'T', category: 'C', assigneeId },
      }),
      await users.contributor.expectError(Assign, { input: { id: issue.key, assigneeId } }),
      await users.contributor.expectError(Patch, { input: { id: issue.id, title: 'T', assigneeId } }),
    ]) {
      expect(error.extensions?.code, assigneeId).toBe('BAD_USER_INPUT')
      expect(error.extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.assigneeId'])
    }
  expect(await digestsOf(server)).toEqual(before)
  for (const username of ['viewer', 'admin']) {
    const input = { id: issue.id, assigneeId: username }
    expect((await users.contributor.ask(Assign, { input })).assignTicket.ticket.assignee).toEqual({ username })
  }
  await createProject(users.maintainer, 'OPEN', 'VIEWER')
  const input = { projectId: 'OPEN', title: 'T', category: 'C', assigneeId: 'outsider' }
  const { createDefect } = await users.maintainer.ask(File, { input })
  expect(createDefect.defect.assignee).toEqual({ username: 'outsider' })
})

const Leave = graphql(`
  mutation PermissionsLeave($input: SetProjectMemberInput!) {
    setProjectMember(input: $input) { member { role } project { key viewerRole } }
  }
`)
const Close = graphql(`
  mutation PermissionsClose($input: UpdateProjectInput!) { updateProject(input: $input) { project { key viewerRole } } }
`)

test('permits a maintainer to leave a project, and hides it afterwards', async () => {
  await createProject(users.viewer, 'LEAVE')
  await createProject(users.viewer, 'CLOSE', 'MAINTAINER')
  const leave = { projectId: 'LEAVE', userId: 'viewer', role: null }
  expect((await users.viewer.send(Leave, { input: leave })).errors).toBeUndefined()
  expect((await users.viewer.expectError(Leave, { input: leave })).extensions?.code).toBe('NOT_FOUND')
  const close = { id: 'CLOSE', defaultRole: null }
  expect((await users.outsider.send(Close, { input: close })).errors).toBeUndefined()
  expect((await users.outsider.expectError(Close, { input: close })).extensions?.code).toBe('NOT_FOUND')
})

const Archive = graphql(`
  mutation PermissionsArchiveProject($input: UpdateProjectInput!) {
    updateProject(input: $input) { project { name archivedAt } }
  }
`)
const ReadArchived = graphql(`
  query PermissionsReadArchived {
    project(id: "OLD") { viewerRole viewerCan { createTicket archive } issues { totalCount } members { totalCount } }
    ticket(id: "OLD-1") { viewerCan { update comment assign archive } }
    projects { nodes { key } }
  }
`)

test('permits all roles to read an archived project, and only a MAINTAINER to unarchive it', async () => {
  await createProject(users.maintainer, 'OLD')
  await setMember(users.maintainer, 'OLD', users.reporter.id, 'REPORTER')
  await createIssue(users.reporter, 'OLD', 'An issue')
  await users.maintainer.ask(Archive, { input: { id: 'OLD', archived: true } })
  for (const [role, viewerRole] of [
    ['reporter', 'REPORTER'],
    ['maintainer', 'MAINTAINER'],
    ['admin', 'MAINTAINER'],
  ] as const) {
    const { project, ticket, projects } = await users[role].ask(ReadArchived)
    const viewerCan = { createTicket: false, archive: viewerRole === 'MAINTAINER' }
    expect(project).toEqual({ viewerRole, viewerCan, issues: { totalCount: 1 }, members: { totalCount: 2 } })
    expect(ticket?.viewerCan).toEqual({ update: false, comment: false, assign: false, archive: false })
    expect(projects.nodes).not.toContainEqual({ key: 'OLD' })
  }
  const back = { id: 'OLD', name: 'Back', archived: false }
  expect((await users.reporter.expectError(Archive, { input: back })).extensions?.code).toBe('FORBIDDEN')
  expect((await users.outsider.expectError(Archive, { input: back })).extensions?.code).toBe('NOT_FOUND')
  const { updateProject } = await users.maintainer.ask(Archive, { input: back })
  expect(updateProject.project).toEqual({ name: 'Back', archivedAt: null })
  const { ticket } = await users.reporter.ask(ReadArchived)
  expect(ticket?.viewerCan).toEqual({ update: true, comment: true, assign: false, archive: false })
})
