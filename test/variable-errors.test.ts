import { beforeAll, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const createIssue = 'createIssue(input: $i) { issue { id } }'
const title = 'A title'
test.each<[string, object, string, string]>([
  [`mutation ($i: CreateIssueInput!) { ${createIssue} }`, { i: { projectId: 'CORE', title: 1 } }, 'input.title', 'i'],
  [`mutation ($i: CreateIssueInput!) { ${createIssue} }`, { i: { projectId: 'CORE' } }, 'input.title', 'i'],
  [`mutation ($i: CreateIssueInput!) { ${createIssue} }`, { i: { projectId: 'CORE', title, x: 1 } }, 'input.x', 'i'],
  [`mutation ($i: CreateIssueInput!) { ${createIssue} }`, {}, 'input', 'i'],
  [
    `mutation ($i: CreateIssueInput!) { ${createIssue} }`,
    { i: { projectId: 'CORE', title, labelIds: ['a', { at: '"x.y"' }] } },
    'input.labelIds.1',
    'i',
  ],
  [
    'mutation ($t: String!) { createIssue(input: { projectId: "CORE", title: $t }) { issue { id } } }',
    { t: null },
    'input.title',
    't',
  ],
  [
    'query ($s: [TicketStatus!]) { issues(filter: { status: { in: $s } }) { totalCount } }',
    { s: ['OPEN', 'X'] },
    'filter.status.in.1',
    's',
  ],
  [
    'query ($s: TicketStatus!) { issues(filter: { status: { in: [OPEN, $s] } }) { totalCount } }',
    { s: 'X' },
    'filter.status.in.1',
    's',
  ],
  ['query ($n: Int) { ...F } fragment F on Query { projects(first: $n) { totalCount } }', { n: 'x' }, 'first', 'n'],
  [
    'query A($t: ID!) { ticket(id: $t) { id } } mutation B($t: String!) { createIssue(input: { projectId: "CORE", title: $t }) { issue { id } } }',
    { t: 1 },
    'input.title',
    't',
  ],
  ['query ($b: Boolean!) { viewer @include(if: $b) { id } }', { b: 'x' }, 'if', 'b'],
])('path of an invalid variable begins at its argument: %s %j', async (query, variables, path, variable) => {
  // A query is compiled when it comes the second time.
  for (const _time of [1, 2, 3]) {
    const { errors, data } = await users.contributor.post({
      query,
      variables,
      ...(query.includes(' B(') && { operationName: 'B' }),
    })
    expect(data).toBeUndefined()
    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      { code: 'BAD_USER_INPUT', fieldErrors: [{ path, variable, message: expect.stringMatching(/./) }] },
    ])
  }
})

test('paths of invalid types and of rules agree', async () => {
  const query = `mutation ($i: CreateIssueInput!) { ${createIssue} }`
  const pathOf = async (input: object) => {
    const { errors } = await users.contributor.post({ query, variables: { i: { projectId: 'CORE', ...input } } })
    return errors?.[0]?.extensions?.fieldErrors?.map(({ path }) => path)
  }
  expect(await pathOf({ title: 1 })).toEqual(await pathOf({ title: '' }))
})

test('all invalid variables are reported together', async () => {
  const query = 'query ($a: Int, $b: Boolean) { projects(first: $a, archived: $b) { totalCount } }'
  const { errors } = await users.contributor.post({ query, variables: { a: 'x', b: 'y' } })
  expect(errors?.flatMap(({ extensions }) => extensions?.fieldErrors?.map(({ path }) => path))).toEqual([
    'first',
    'archived',
  ])
})
