import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const ProjectSetMember = graphql(`
  mutation ProjectSetMember($input: SetProjectMemberInput!) {
    setProjectMember(input: $input) { project { key members { totalCount } } member { role user { username } } }
  }
`)
const ProjectMembers = graphql(`
  query ProjectMembers($id: ID!, $first: Int, $after: String) {
    project(id: $id) {
      members(first: $first, after: $after) {
        totalCount nodes { role user { username } } pageInfo { hasNextPage endCursor }
      }
    }
  }
`)
const ProjectViewerRole = graphql(`query ProjectViewerRole($id: ID!) { project(id: $id) { viewerRole } }`)

const membersOf = async (id: string) => {
  const { project } = await users.maintainer.ask(ProjectMembers, { id })
  return project?.members.nodes.map(({ role, user }) => [user.username, role])
}
const setMember = async (projectId: string, userId: string, role: 'VIEWER' | 'REPORTER' | 'MAINTAINER' | null) =>
  (await users.maintainer.ask(ProjectSetMember, { input: { projectId, userId, role } })).setProjectMember

describe('setProjectMember', () => {
  test('sets, changes and removes the role of a member by username or id', async () => {
    await createProject(users.maintainer, 'TEAM')
    expect(await setMember('team', 'Outsider', 'VIEWER')).toEqual({
      project: { key: 'TEAM', members: { totalCount: 2 } },
      member: { role: 'VIEWER', user: { username: 'outsider' } },
    })
    expect((await users.outsider.ask(ProjectViewerRole, { id: 'TEAM' })).project?.viewerRole).toBe('VIEWER')
    expect((await setMember('TEAM', users.outsider.id, 'REPORTER')).member?.role).toBe('REPORTER')
    expect(await membersOf('TEAM')).toEqual([
      ['maintainer', 'MAINTAINER'],
      ['outsider', 'REPORTER'],
    ])
    for (let times = 0; times < 2; times++)
      expect(await setMember('TEAM', 'outsider', null)).toMatchObject({ project: { key: 'TEAM' }, member: null })
    expect((await users.outsider.ask(ProjectViewerRole, { id: 'TEAM' })).project).toBeNull()
    expect(await membersOf('TEAM')).toEqual([['maintainer', 'MAINTAINER']])
  })

  test('requires an existing user and a role for a member', async () => {
    await createProject(users.maintainer, 'MISSING')
    const errorFor = async (input: object) => {
      const set = { projectId: 'MISSING', userId: 'viewer', ...input }
      return (await users.maintainer.expectError(ProjectSetMember, { input: set })).extensions
    }
    for (const userId of ['nosuchuser', crypto.randomUUID(), 'x y'])
      expect(await errorFor({ userId, role: 'VIEWER' })).toMatchObject({
        code: 'BAD_USER_INPUT',
        fieldErrors: [{ path: 'input.userId' }],
      })
    expect(await errorFor({})).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.role' }] })
    expect(await errorFor({ projectId: 'NONE', role: 'VIEWER' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await membersOf('MISSING')).toEqual([['maintainer', 'MAINTAINER']])
  })

  test('stores one of 20 concurrent roles of a member', async () => {
    await createProject(users.maintainer, 'CROWD')
    const roles = ['VIEWER', 'REPORTER'] as const
    await Promise.all(Array.from({ length: 20 }, (_, index) => setMember('CROWD', 'viewer', roles[index % 2] ?? null)))
    const members = await membersOf('CROWD')
    expect(members).toHaveLength(2)
    expect(roles).toContain(members?.[1]?.[1])
  })

  test('returns members of a project by username, in pages', async () => {
    const first = await users.viewer.ask(ProjectMembers, { id: 'CORE', first: 3 })
    const members = first.project?.members
    expect(members?.nodes.map(({ user }) => user.username)).toEqual(['contributor', 'maintainer', 'reporter'])
    expect(members).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } })
    const after = members?.pageInfo.endCursor ?? null
    const second = await users.viewer.ask(ProjectMembers, { id: 'CORE', first: 3, after })
    expect(second.project?.members.nodes).toEqual([{ role: 'VIEWER', user: { username: 'viewer' } }])
  })
})
