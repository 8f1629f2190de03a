import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { type Contents, createTestProject, fillProject, noContents, withPlaceholders } from './support/contents.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'
import { webhookSettings } from './support/webhooks.ts'

const server = useServer(webhookSettings)
let users: TestUsers
/** In a project without default role. */
let closed: Contents
/** In a project with default role VIEWER. */
let open: Contents

beforeAll(async () => {
  users = await createTestUsers(server)
  closed = await fillProject(users, users.project)
  open = await fillProject(users, await createTestProject(users, 'OPEN', 'VIEWER'))
})

const Tickets = graphql(`
  query PermissionsTickets($filter: TicketFilter) {
    tickets(filter: $filter) { totalCount nodes { id } edges { cursor node { id } } pageInfo { startCursor hasNextPage } }
  }
`)
const Issues = graphql(
  `query PermissionsIssues($filter: IssueFilter) { issues(filter: $filter) { totalCount nodes { id } } }`,
)
const Defects = graphql(`
  query PermissionsDefects($filter: DefectFilter) { defects(filter: $filter) { totalCount nodes { id } } }
`)
const Projects = graphql(`query PermissionsProjects { projects { totalCount nodes { id } } }`)
const Counts = graphql(
  `query PermissionsCounts { tickets { totalCount } issues { totalCount } defects { totalCount } }`,
)
const Search = graphql(
  `query PermissionsSearch($project: ID!) { tickets(filter: { search: "issue of mine", project: { eq: $project } }) { nodes { id } } }`,
)

type Ask = (contents: Contents) => object
/** Members find the object `visible` in the result. */
const lists: readonly [name: string, document: { toString(): string }, visible: keyof Contents, variables: Ask][] = [
  ['a search', Search, 'ownIssue', ({ project }) => ({ project })],
  ['tickets by id', Tickets, 'issue', ({ issue }) => ({ filter: { id: { eq: issue } } })],
  ['tickets by keys', Tickets, 'defect', ({ defectKey, issue }) => ({ filter: { id: { in: [defectKey, issue] } } })],
  ['tickets by project id', Tickets, 'issue', ({ project }) => ({ filter: { project: { eq: project } } })],
  ['tickets by project key', Tickets, 'defect', ({ projectKey }) => ({ filter: { project: { in: [projectKey] } } })],
  [
    'tickets by id or project key',
    Tickets,
    'issue',
    ({ issue, projectKey }) => ({ filter: { or: [{ id: { eq: issue } }, { project: { eq: projectKey } }] } }),
  ],
  ['issues by id', Issues, 'issue', ({ issue }) => ({ filter: { id: { eq: issue } } })],
  ['issues by project key', Issues, 'issue', ({ projectKey }) => ({ filter: { project: { eq: projectKey } } })],
  ['defects by key', Defects, 'defect', ({ defectKey }) => ({ filter: { id: { eq: defectKey } } })],
  ['defects by project id', Defects, 'defect', ({ project }) => ({ filter: { project: { eq: project } } })],
]

describe.each(lists)('%s', (_name, document, visible, variables) => {
  const ask = async (client: { post: TestUsers['admin']['post'] }, contents: Contents) => {
    const { status, data, errors } = await client.post({ query: document.toString(), variables: variables(contents) })
    return { status, data, errors }
  }

  test('returns the same list to all users with a role', async () => {
    for (const [contents, roles] of [
      [closed, ['viewer', 'reporter', 'contributor', 'maintainer']],
      [open, ['outsider', 'viewer', 'maintainer']],
    ] as const) {
      const expected = await ask(users.admin, contents)
      expect(expected.errors).toBeUndefined()
      expect(JSON.stringify(expected)).toContain(contents[visible])
      for (const role of roles) expect(await ask(users[role], contents), role).toEqual(expected)
    }
  })

  test('returns the same list to an outsider as for missing objects', async () => {
    const hidden = await ask(users.outsider, closed)
    expect(hidden.errors).toBeUndefined()
    expect(withPlaceholders(hidden, closed)).toBe(withPlaceholders(await ask(users.outsider, noContents), noContents))
    expect(JSON.stringify(hidden)).not.toContain(closed[visible])
  })

  test('requires authentication for a list', async () => {
    const unauthenticated = await ask(server.anonymous, closed)
    expect(unauthenticated.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    for (const contents of [open, noContents]) expect(await ask(server.anonymous, contents)).toEqual(unauthenticated)
  })
})

test('returns and counts only visible rows of lists', async () => {
  for (const [name, contents] of [
    ['outsider', [open]],
    ['viewer', [open, closed]],
    ['admin', [open, closed]],
  ] as const) {
    const sorted = (lists: readonly { readonly nodes: readonly { readonly id: string }[] }[]) =>
      lists.flatMap(({ nodes }) => nodes.map(({ id }) => id)).sort()
    const { tickets } = await users[name].ask(Tickets, {})
    const { issues } = await users[name].ask(Issues, {})
    const { defects } = await users[name].ask(Defects, {})
    const { projects } = await users[name].ask(Projects)
    expect(sorted([issues]), name).toEqual(
      contents.flatMap(({ issue, importedIssue, ownIssue }) => [issue, importedIssue, ownIssue]).sort(),
    )
    expect(sorted([defects]), name).toEqual(contents.flatMap(({ defect, ownDefect }) => [defect, ownDefect]).sort())
    expect(sorted([tickets]), name).toEqual(sorted([issues, defects]))
    expect(sorted([projects]), name).toEqual(contents.map(({ project }) => project).sort())
    for (const list of [tickets, issues, defects, projects]) expect(list.totalCount, name).toBe(list.nodes.length)
    const counts = await users[name].ask(Counts)
    expect(Object.values(counts).map(({ totalCount }) => totalCount)).toEqual(
      [tickets, issues, defects].map(({ nodes }) => nodes.length),
    )
  }
})

const ViewerCan = graphql(`
  query PermissionsViewerCan($own: ID!, $other: ID!) {
    own: ticket(id: $own) { project { viewerRole } viewerCan { update comment assign archive } }
    other: ticket(id: $other) { project { viewerRole } viewerCan { update comment assign archive } }
  }
`)

test.each([
  ['viewer', 'VIEWER', [], []],
  ['reporter', 'REPORTER', ['update', 'comment'], ['comment']],
  ['contributor', 'CONTRIBUTOR', ['update', 'comment', 'assign'], ['update', 'comment', 'assign']],
  ['maintainer', 'MAINTAINER', ['update', 'comment', 'assign', 'archive'], ['update', 'comment', 'assign', 'archive']],
  ['admin', 'MAINTAINER', ['update', 'comment', 'assign', 'archive'], ['update', 'comment', 'assign', 'archive']],
  ['outsider', 'VIEWER', [], []],
] as const)('returns the permissions of a %s in viewerRole and viewerCan', async (name, role, own, other) => {
  const { ownIssue, defect } = name === 'outsider' ? open : closed
  const response = await users[name].ask(ViewerCan, { own: ownIssue, other: defect })
  for (const [ticket, allowed] of [
    [response.own, own],
    [response.other, other],
  ] as const) {
    expect(ticket?.project.viewerRole).toBe(role)
    const can = Object.entries(ticket?.viewerCan ?? {}).flatMap(([right, isGranted]) => (isGranted ? [right] : []))
    expect(can).toEqual(allowed)
  }
})

const CommentsViewerCan = graphql(`
  query PermissionsCommentsViewerCan($ticket: ID!, $project: ID!) {
    ticket(id: $ticket) { comments { nodes { author { username } viewerCan { reply update delete } } } }
    project(id: $project) { viewerCan { createTicket updateTickets importTickets update archive } }
  }
`)
const namesOf = (permissions: object = {}) =>
  Object.entries(permissions).flatMap(([name, isGranted]) => (isGranted ? [name] : []))

const [edit, all] = [
  ['reply', 'update', 'delete'],
  ['createTicket', 'updateTickets', 'importTickets', 'update', 'archive'],
]
const moderate = ['reply', 'delete']
test.each([
  ['viewer', [], [[], [], []]],
  ['reporter', ['createTicket'], [['reply'], ['reply'], edit]],
  ['contributor', ['createTicket', 'updateTickets', 'importTickets'], [edit, ['reply'], ['reply']]],
  ['maintainer', all, [moderate, edit, moderate]],
  ['admin', all, [edit, edit, edit]],
  ['outsider', [], [[], [], []]],
] as const)(
  'returns the permissions of a %s for the project and its comments',
  async (name, inProject, forComments) => {
    const { project, issue } = name === 'outsider' ? open : closed
    const result = await users[name].ask(CommentsViewerCan, { project, ticket: issue })
    expect(namesOf(result.project?.viewerCan)).toEqual(inProject)
    const comments = result.ticket?.comments.nodes ?? []
    expect(comments.map(({ author }) => author.username)).toEqual(['contributor', 'maintainer', 'reporter'])
    expect(comments.map(({ viewerCan }) => namesOf(viewerCan))).toEqual(forComments)
  },
)
