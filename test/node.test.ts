import { beforeAll, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
let issue: string
let defect: string
beforeAll(async () => {
  users = await createTestUsers(server)
  issue = (await createIssue(users.maintainer, 'CORE', 'An issue')).id
  defect = (await createDefect(users.maintainer, 'CORE', 'Paint')).id
  await createProject(users.admin, 'HIDDEN')
  await createIssue(users.admin, 'HIDDEN', 'A hidden issue')
})

const FindNode = graphql(`query NodeFind($id: ID!) { node(id: $id) { __typename id } }`)
const FindNodes = graphql(`query NodesFind($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`)

test('node and nodes find objects by id and by key, ignoring case', async () => {
  const expected = [
    { __typename: 'Issue', id: issue },
    { __typename: 'Defect', id: defect },
    { __typename: 'Project', id: users.project.id },
    { __typename: 'Issue', id: issue },
  ]
  const ids = ['CORE-1', 'core-2', 'Core', issue.toUpperCase()]
  expect((await users.viewer.ask(FindNodes, { ids })).nodes).toEqual(expected)
  for (const [index, id] of ids.entries())
    expect((await users.viewer.ask(FindNode, { id })).node).toEqual(expected[index])
})

test.each([
  '',
  'CORE-',
  'CORE-0',
  'CORE-99999',
  'core 1',
  'viewer',
  'nul \0',
  '☃',
  '0'.repeat(10_000),
  'HIDDEN',
  'HIDDEN-1',
])('node returns null for what is no id or key of a visible object: %j', async (id) => {
  expect(await users.viewer.ask(FindNode, { id })).toEqual({ node: null })
  const { nodes } = await users.viewer.ask(FindNodes, { ids: ['CORE-1', id] })
  expect(nodes).toEqual([{ __typename: 'Issue', id: issue }, null])
})

test('nodes reads 100 references in as many statements as two', async () => {
  const read = (ids: readonly string[]) => statementsOf(server, () => users.viewer.ask(FindNodes, { ids: [...ids] }))
  const few = await read(['CORE-1', 'CORE'])
  const many = await read(
    Array.from({ length: 100 }, (_, index) => ['CORE-1', 'CORE', `CORE-${index + 3}`][index % 3] ?? ''),
  )
  expect(many.sent).toHaveLength(few.sent.length)
  const tooMany = await users.viewer.expectError(FindNodes, { ids: Array(101).fill('CORE') })
  expect(tooMany.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'ids' }] })
})

test('node takes the same statements for a hidden and a missing key', async () => {
  const shapeOf = async (id: string) => (await statementsOf(server, () => users.viewer.ask(FindNode, { id }))).sent
  expect(await shapeOf('HIDDEN-1')).toEqual(await shapeOf('MISSING-1'))
  expect(await shapeOf('HIDDEN')).toEqual(await shapeOf('MISSING'))
})
