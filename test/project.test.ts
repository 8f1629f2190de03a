import { beforeAll, describe, expect, test } from 'vitest'
import type { UpdateProjectInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createProject, createTestUsers, setMember, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const ProjectCreate = graphql(`
  mutation ProjectCreate($input: CreateProjectInput!) {
    createProject(input: $input) {
      project {
        id key name description defaultRole viewerRole createdAt archivedAt labels { name }
        members { totalCount nodes { role user { username } } }
        issues { totalCount } defects { totalCount }
      }
    }
  }
`)
const ProjectPatch = graphql(`
  mutation ProjectPatch($input: UpdateProjectInput!) {
    updateProject(input: $input) { project { key name description defaultRole archivedAt } }
  }
`)
const ProjectRead = graphql(`
  query ProjectRead($id: ID!) { project(id: $id) { key name description defaultRole viewerRole archivedAt } }
`)
const ProjectKeys = graphql(`
  query ProjectKeys($archived: Boolean, $first: Int, $after: String, $last: Int) {
    projects(archived: $archived, first: $first, after: $after, last: $last) {
      totalCount nodes { key } pageInfo { hasNextPage endCursor }
    }
  }
`)
const ProjectKeysByDefault = graphql(`query ProjectKeysByDefault { projects { nodes { key } } }`)
const ProjectSetViewer = graphql(`
  mutation ProjectSetViewer($id: ID!) {
    setProjectMember(input: { projectId: $id, userId: "viewer", role: VIEWER }) { member { role } }
  }
`)

const patch = async (id: string, change: Omit<UpdateProjectInput, 'id'>) =>
  (await users.maintainer.ask(ProjectPatch, { input: { id, ...change } })).updateProject.project
const read = async (id: string) => (await users.maintainer.ask(ProjectRead, { id })).project
const keysOf = async (archived: boolean | null) =>
  (await users.maintainer.ask(ProjectKeys, { archived })).projects.nodes.map(({ key }) => key)

describe('createProject and updateProject', () => {
  test('makes the creator of a project its MAINTAINER', async () => {
    const { createProject: result } = await users.reporter.ask(ProjectCreate, {
      input: { key: 'new', name: ' New  one ' },
    })
    expect(result.project).toMatchObject({
      key: 'NEW',
      name: 'New one',
      description: null,
      defaultRole: null,
      viewerRole: 'MAINTAINER',
      archivedAt: null,
      labels: [],
      members: { totalCount: 1, nodes: [{ role: 'MAINTAINER', user: { username: 'reporter' } }] },
      issues: { totalCount: 0 },
      defects: { totalCount: 0 },
    })
  })

  test.each(['AB', 'A1', 'ABCDEFGHIJ', 'Z987654321'])('accepts the project key %s', async (key) => {
    await users.reporter.ask(ProjectCreate, { input: { key, name: 'Any' } })
  })

  test.each(['', 'A', '1A', 'A-B', 'A B', ' AB', 'AB\n', 'ÄB', 'ABCDEFGHIJK'])(
    'rejects the project key "%s"',
    async (key) => {
      const { extensions } = await users.maintainer.expectError(ProjectCreate, { input: { key, name: 'Any' } })
      expect(extensions?.code).toBe('BAD_USER_INPUT')
      expect(new Set(extensions?.fieldErrors?.map(({ path }) => path))).toEqual(new Set(['input.key']))
    },
  )

  test('reports all field errors of a project together', async () => {
    const input = { key: '?', name: ' ', description: 'x'.repeat(65_537) }
    const { extensions } = await users.maintainer.expectError(ProjectCreate, { input })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual([
      'input.description',
      'input.key',
      'input.name',
    ])
  })

  test('requires the key of a project to be unique, also concurrently and among invisible projects', async () => {
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => users.maintainer.send(ProjectCreate, { input: { key: 'SAME', name: 'Same' } })),
    )
    expect(responses.filter(({ data }) => data)).toHaveLength(1)
    for (const { errors } of responses) expect([undefined, 'CONFLICT']).toContain(errors?.[0]?.extensions?.code)
    const hidden = await users.outsider.expectError(ProjectCreate, { input: { key: 'core', name: 'Core' } })
    expect(hidden.extensions?.code).toBe('CONFLICT')
  })

  test('keeps omitted fields of a project, clears null fields and rejects null for required fields', async () => {
    await createProject(users.maintainer, 'PATCH', 'VIEWER')
    const project = { key: 'PATCH', name: 'Project PATCH', description: null, defaultRole: 'VIEWER', archivedAt: null }
    expect(await patch('patch', {})).toEqual(project)
    expect(await patch('PATCH', { description: 'About' })).toEqual({ ...project, description: 'About' })
    expect(await patch('PATCH', { name: 'Named' })).toMatchObject({ name: 'Named', description: 'About' })
    expect(await patch('PATCH', { defaultRole: null })).toMatchObject({ defaultRole: null, description: 'About' })
    expect(await patch('PATCH', { description: null })).toMatchObject({ name: 'Named', description: null })
    const { extensions } = await users.maintainer.expectError(ProjectPatch, {
      input: { id: 'PATCH', name: null, archived: null },
    })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(['input.archived', 'input.name'])
    expect(await read('PATCH')).toMatchObject({ name: 'Named', archivedAt: null })
  })

  test('grants every user the higher of defaultRole and individual role', async () => {
    await createProject(users.maintainer, 'SHARED')
    const roleOf = async (client: TestUsers['viewer']) =>
      (await client.ask(ProjectRead, { id: 'SHARED' })).project?.viewerRole ?? null
    await setMember(users.maintainer, 'SHARED', 'viewer', 'VIEWER')
    expect([await roleOf(users.outsider), await roleOf(users.viewer)]).toEqual([null, 'VIEWER'])
    await patch('SHARED', { defaultRole: 'REPORTER' })
    expect([await roleOf(users.outsider), await roleOf(users.viewer)]).toEqual(['REPORTER', 'REPORTER'])
    expect([await roleOf(users.maintainer), await roleOf(users.admin)]).toEqual(['MAINTAINER', 'MAINTAINER'])
    await patch('SHARED', { defaultRole: null })
    expect(await roleOf(users.outsider)).toBeNull()
  })
})

describe('archived projects', () => {
  test('returns an archived project separately, and rejects its changes until it is unarchived', async () => {
    await createProject(users.maintainer, 'AWAY')
    const { key } = await createIssue(users.maintainer, 'AWAY', 'Before')
    const { archivedAt } = await patch('AWAY', { archived: true })
    expect(new Date(archivedAt ?? '').toISOString()).toBe(archivedAt)
    expect(await keysOf(false)).not.toContain('AWAY')
    expect(await keysOf(true)).toEqual(['AWAY'])
    expect(await keysOf(null)).toEqual([...(await keysOf(false)), 'AWAY'].sort())
    const byDefault = await users.maintainer.ask(ProjectKeysByDefault)
    expect(byDefault.projects.nodes.map((project) => project.key)).toEqual(await keysOf(false))

    const ProjectRetitle = graphql(`
      mutation ProjectRetitle($id: ID!) { updateIssue(input: { id: $id, title: "After" }) { issue { title } } }
    `)
    const ProjectFile = graphql(`
      mutation ProjectFile { createIssue(input: { projectId: "AWAY", title: "After" }) { issue { key } } }
    `)
    const errors = [
      await users.maintainer.expectError(ProjectRetitle, { id: key }),
      await users.admin.expectError(ProjectFile),
      await users.maintainer.expectError(ProjectPatch, { input: { id: 'AWAY', name: 'Renamed' } }),
      await users.maintainer.expectError(ProjectSetViewer, { id: 'AWAY' }),
    ]
    expect(errors.map(({ extensions }) => extensions?.code)).toEqual(Array(4).fill('FORBIDDEN'))
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set(['Project AWAY is archived and read-only. Unarchive it first.']),
    )
    expect(await read('AWAY')).toMatchObject({ name: 'Project AWAY', archivedAt })

    expect(await patch('AWAY', { archived: false, name: 'Back' })).toMatchObject({ name: 'Back', archivedAt: null })
    expect((await users.maintainer.ask(ProjectRetitle, { id: key })).updateIssue.issue.title).toBe('After')
    expect((await users.maintainer.ask(ProjectFile)).createIssue.issue.key).toBe('AWAY-2')
    expect(await keysOf(true)).toEqual([])
  })
})

test('returns projects by key, in pages', async () => {
  const all = await keysOf(null)
  expect(all).toEqual([...all].sort())
  const keys: string[] = []
  const readPage = async (after: string | null): Promise<void> => {
    const { projects } = await users.maintainer.ask(ProjectKeys, { archived: null, first: 2, after })
    expect(projects.totalCount).toBe(all.length)
    keys.push(...projects.nodes.map(({ key }) => key))
    if (projects.pageInfo.hasNextPage) await readPage(projects.pageInfo.endCursor)
  }
  await readPage(null)
  expect(keys).toEqual(all)
  const { projects } = await users.maintainer.ask(ProjectKeys, { archived: null, last: 2 })
  expect(projects.nodes.map(({ key }) => key)).toEqual(all.slice(-2))
})
