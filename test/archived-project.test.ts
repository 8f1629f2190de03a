import { beforeAll, expect, test } from 'vitest'
import type { TicketFilter } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createProject, createTestUsers, setMember, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Lists = graphql(`
  query ListsOfArchivedProjects($filter: TicketFilter) {
    tickets(filter: $filter, orderBy: [{ field: CREATED_AT }]) { totalCount nodes { title } }
    reports(filter: $filter) { ageing { count } pareto(by: STATUS) { count } }
  }
`)
const InProject = graphql(`query IssuesOfArchivedProject { project(id: "OLD") { issues { totalCount } } }`)
const UpdateProject = graphql(
  `mutation UpdateArchivedProject($input: UpdateProjectInput!) { updateProject(input: $input) { project { archivedAt name } } }`,
)
const UpdateIssue = graphql(
  `mutation SaveIssue($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { title assignee { username } } } }`,
)
const Assign = graphql(
  `mutation AssignAgain($id: ID!, $assigneeId: ID) { assignTicket(input: { id: $id, assigneeId: $assigneeId }) { ticket { version } } }`,
)
const SetActive = graphql(
  `mutation SetAssigneeActive($id: ID!, $active: Boolean!) { updateUser(input: { id: $id, active: $active }) { user { active } } }`,
)

beforeAll(async () => {
  users = await createTestUsers(server)
  for (const key of ['OLD', 'OLDER']) await createProject(users.maintainer, key, 'CONTRIBUTOR')
  await createIssue(users.maintainer, 'CORE', 'current', { priority: 'LOW' })
  await createIssue(users.maintainer, 'OLD', 'old')
  await createIssue(users.maintainer, 'OLDER', 'older', { priority: 'URGENT' })
  for (const id of ['OLD', 'OLDER']) await users.maintainer.ask(UpdateProject, { input: { id, archived: true } })
})

const old: TicketFilter = { project: { eq: 'OLD' } }

test.each<[TicketFilter, string[]]>([
  [{}, ['current']],
  [{ priority: { eq: 'URGENT' } }, []],
  [{ status: { eq: 'OPEN' } }, ['current']],
  [old, ['old']],
  [{ project: { in: ['OLD', 'CORE'] } }, ['current', 'old']],
  [{ project: { notIn: ['CORE'] } }, []],
  [{ not: old }, ['current']],
  [{ or: [old, { priority: { eq: 'URGENT' } }] }, ['old']],
  [{ and: [{ project: { in: ['OLD', 'OLDER'] } }] }, ['old', 'older']],
  [{ projectArchived: null }, ['current', 'old', 'older']],
  [{ projectArchived: true }, ['old', 'older']],
  [{ projectArchived: false }, ['current']],
  [{ ...old, projectArchived: false }, []],
  [
    { or: [{ projectArchived: true }, { priority: { eq: 'LOW' } }], projectArchived: null },
    ['current', 'old', 'older'],
  ],
])('the filter %j matches tickets of archived projects only if it asks for them', async (filter, titles) => {
  for (const user of [users.admin, users.viewer]) {
    const { tickets, reports } = await user.ask(Lists, { filter })
    expect(tickets.nodes.map(({ title }) => title)).toEqual(titles)
    expect(tickets.totalCount).toBe(titles.length)
    expect(reports.ageing.reduce((sum, { count }) => sum + count, 0)).toBe(titles.length)
    expect(reports.pareto.reduce((sum, { count }) => sum + count, 0)).toBe(titles.length)
  }
})

test('an archived project and its export list its tickets', async () => {
  expect((await users.viewer.ask(InProject)).project?.issues.totalCount).toBe(1)
  const exportOf = async (parameters: string) =>
    (await (await users.viewer.fetch(`/export/tickets.jsonl${parameters}`)).text()).trim().split('\n').length
  expect(await exportOf('?project=OLD')).toBe(1)
  expect(await exportOf('')).toBe(1)
})

test('archiving a project again and saving its unchanged form change nothing', async () => {
  const archive = () => users.maintainer.ask(UpdateProject, { input: { id: 'OLD', archived: true } })
  const first = await archive()
  expect(await archive()).toEqual(first)
  const { name, archivedAt } = first.updateProject.project
  const input = { id: 'OLD', name, archived: true, description: null }
  expect((await users.maintainer.ask(UpdateProject, { input })).updateProject.project.archivedAt).toBe(archivedAt)
  const { errors } = await users.maintainer.send(UpdateProject, { input: { ...input, name: 'New' } })
  expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const { errors: viewerErrors } = await users.viewer.send(UpdateProject, { input })
  expect(viewerErrors?.[0]?.extensions?.code).toBe('FORBIDDEN')
})

test.each(['a closed account', 'a former member'])(
  'a form can be saved if the assignee has become %s',
  async (reason) => {
    const project = (await createProject(users.maintainer, reason === 'a closed account' ? 'FORMA' : 'FORMB')).key
    await setMember(users.maintainer, project, 'reporter', 'REPORTER')
    const { key: id } = await createIssue(users.maintainer, project, 'A form', { assigneeId: 'reporter' })
    if (reason === 'a closed account') await users.admin.ask(SetActive, { id: 'reporter', active: false })
    else await setMember(users.maintainer, project, 'reporter', null)
    const input = { id, title: 'Saved', assigneeId: 'reporter' }
    expect((await users.maintainer.ask(UpdateIssue, { input })).updateIssue.issue).toEqual({
      title: 'Saved',
      assignee: { username: 'reporter' },
    })
    const { version } = (await users.maintainer.ask(Assign, { id, assigneeId: 'reporter' })).assignTicket.ticket
    expect(version).toBe(2)
    await users.maintainer.ask(Assign, { id, assigneeId: null })
    const { errors } = await users.maintainer.send(Assign, { id, assigneeId: 'reporter' })
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
    await users.admin.ask(SetActive, { id: 'reporter', active: true })
  },
)
