import { extendSchema, parse } from 'graphql'
import { beforeAll, expect, test } from 'vitest'
import { schema } from '../src/schema.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { type Contents, createTestProject, fillProject } from './support/contents.ts'
import { type ImportOptions, sendFile } from './support/imports.ts'
import { createTestUsers, signUp, type TestUsers } from './support/people.ts'
import {
  type Codes,
  clientOf,
  type Digests,
  digestsOf,
  expectFoundByNode,
  expectRejection,
  missingRows,
  type RoleName,
  type Row,
  roleNames,
  row,
  serverMutations,
} from './support/permissions.ts'
import { newWebhook, webhookSettings } from './support/webhooks.ts'

// Selecting whole payloads is expensive.
const server = useServer({ SNAGLIST_COST_LIMIT: '1000000000', ...webhookSettings })
let users: TestUsers
/** In a project without default role. */
let closed: Contents
/** In a project with default role VIEWER. */
let open: Contents
/** In an archived project. */
let archived: Contents

const UpdateProject = graphql(`
  mutation PermissionsUpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) { project { name archivedAt } }
  }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  await signUp(server, 'extra')
  closed = await fillProject(users, users.project)
  open = await fillProject(users, await createTestProject(users, 'OPEN', 'VIEWER'))
  archived = await fillProject(users, await createTestProject(users, 'OLD'))
  await users.maintainer.ask(UpdateProject, { input: { id: 'OLD', archived: true } })
})

const any = () => crypto.randomUUID()
const [U, N, F, C, ok] = ['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', 'CONFLICT', null] as const
const fromReporter: Codes = [U, N, F, F, ok, ok, ok, ok]
const fromContributor: Codes = [U, N, F, F, F, ok, ok, ok]
const fromMaintainer: Codes = [U, N, F, F, F, F, ok, ok]
/** Hidden from all others. */
const toMaintainers: Codes = [U, N, N, N, N, N, ok, ok]

const importing = (name: string, codes: Codes, file: string, options: Partial<ImportOptions> = {}): Row => ({
  name,
  codes,
  send: (client, at) => sendFile(client, file, { projectId: at.project, kind: 'ISSUE', ...options }),
})

const rows: readonly Row[] = [
  row('createIssue', fromReporter, (at) => ({ projectId: at.projectKey, title: any() })),
  row('createIssue, assigned', fromContributor, (at) => ({
    projectId: at.project,
    title: any(),
    assigneeId: 'reporter',
  })),
  row('createIssue, labelled', fromContributor, (at) => ({
    projectId: at.project,
    title: any(),
    labelIds: [at.label],
  })),
  row('createDefect', fromReporter, (at) => ({ projectId: at.project, title: any(), category: any() })),
  row('createDefect, labelled', fromContributor, (at) => ({
    projectId: at.projectKey,
    title: any(),
    category: any(),
    labelIds: [at.label],
  })),
  row('updateIssue', fromContributor, (at) => ({ id: at.issueKey, title: any() })),
  row('updateIssue, own', fromReporter, (at) => ({
    id: at.ownIssue,
    title: any(),
    description: any(),
    status: 'RESOLVED',
    resolution: 'DUPLICATE',
    priority: 'HIGH',
  })),
  row('updateIssue, own and assigning', fromContributor, (at) => ({
    id: at.ownIssue,
    title: any(),
    assigneeId: 'reporter',
  })),
  row('updateDefect', fromContributor, (at) => ({ id: at.defectKey, subcategory: any() })),
  row('updateDefect, own', fromReporter, (at) => ({
    id: at.ownDefect,
    category: any(),
    severity: 'MINOR',
    disposition: 'SCRAP',
  })),
  row('updateDefect, own and assigning', fromContributor, (at) => ({
    id: at.ownDefect,
    category: any(),
    assigneeId: 'reporter',
  })),
  row('assignTicket', fromContributor, (at) => ({ id: at.issue, assigneeId: 'viewer' })),
  row('assignTicket, own', fromContributor, (at) => ({ id: at.ownIssue, assigneeId: 'admin' })),
  row('archiveTicket', fromMaintainer, (at) => ({ id: at.issueKey })),
  row('archiveTicket, own and back', fromMaintainer, (at) => ({ id: at.ownIssue, archived: false })),
  row('bulkUpdateStatus', fromContributor, (at) => ({ ids: [at.ownIssue, at.defectKey], status: 'CLOSED' })),
  row('bulkUpdateStatus, dry', fromContributor, (at) => ({ ids: [at.issue], status: 'CLOSED', dryRun: true })),
  row('bulkUpdateStatus, by a filter', [U, C, F, F, F, ok, ok, ok], (at) => ({
    filter: { project: { eq: at.project }, id: { in: [at.ownDefect, at.defect] } },
    expectedCount: 2,
    status: 'IN_PROGRESS',
  })),
  row('addComment', fromReporter, (at) => ({ ticketId: at.issueKey, body: any() })),
  row('addComment, as a reply', fromReporter, (at) => ({
    ticketId: at.issue,
    parentId: at.comment,
    body: any(),
  })),
  row('editComment', [U, N, F, F, F, ok, F, ok], (at) => ({ id: at.comment, body: any() })),
  row('editComment, own', [U, N, F, F, ok, F, F, ok], (at) => ({ id: at.ownComment, body: any() })),
  row('deleteComment', [U, N, F, F, F, ok, ok, ok], (at) => ({ id: at.comment })),
  row('deleteComment, own', [U, N, F, F, ok, F, ok, ok], (at) => ({ id: at.ownComment })),
  row('createLabel', fromMaintainer, (at) => ({ projectId: at.project, name: any(), color: '#336699' })),
  row('updateLabel', fromMaintainer, (at) => ({ id: at.label, name: any() })),
  row('deleteLabel', fromMaintainer, (at) => ({ id: at.label })),
  row('setLabels', fromContributor, (at) => ({ ticketId: at.ownDefect, labelIds: [at.label] })),
  row('addLabels', fromContributor, (at) => ({ ticketId: at.ownIssue, labelIds: [at.label] })),
  row('removeLabels', fromContributor, (at) => ({ ticketId: at.issueKey, labelIds: [at.label] })),
  importing('importTickets', fromContributor, 'title\nImported\n'),
  importing('importTickets, with times', fromMaintainer, 'title,createdAt\nImported,2024-01-01\n'),
  importing('importTickets, of others', fromMaintainer, 'title,reporter\nImported,reporter\n'),
  importing('importTickets, making labels', fromMaintainer, 'title,labels\nImported,new\n', { createLabels: true }),
  row('undoBatch', fromContributor, (at) => ({ batch: at.batch })),
  row('undoImport', fromMaintainer, (at) => ({ importId: at.import })),
  row('createWebhook', fromMaintainer, (at) => newWebhook(at.projectKey)),
  row('updateWebhook', toMaintainers, (at) => ({ id: at.webhook, name: any(), enabled: true })),
  row('rotateWebhookSecret', toMaintainers, (at) => ({ id: at.webhook })),
  row('testWebhook', toMaintainers, (at) => ({ id: at.webhook })),
  row('redeliverWebhook', toMaintainers, (at) => ({ id: at.webhook, deliveryIds: [at.delivery] })),
  row('deleteWebhook', toMaintainers, (at) => ({ id: at.webhook })),
  row('setProjectMember', fromMaintainer, (at) => ({
    projectId: at.projectKey,
    userId: 'extra',
    role: 'REPORTER',
  })),
  row('setProjectMember, taking out', fromMaintainer, (at) => ({
    projectId: at.project,
    userId: 'extra',
    role: null,
  })),
  row('updateProject', fromMaintainer, (at) => ({ id: at.projectKey, name: any() })),
  row('updateProject, its defaultRole', fromMaintainer, (at) => ({
    id: at.project,
    defaultRole: at === closed ? null : 'VIEWER',
  })),
]

const codeIn = ({ codes }: Row, role: RoleName) => codes[roleNames.indexOf(role)] ?? null

const names = [...rows.map(({ name }) => name), ...serverMutations]

test('table of permissions has a row for each mutation of the schema', () => {
  expect(missingRows(schema, names)).toEqual([])
})

test('table of permissions reports a mutation without a row', () => {
  expect(missingRows(extendSchema(schema, parse('extend type Mutation { awardBadge: Int }')), names)).toEqual([
    'awardBadge has no row: add one to test/permissions-in-projects.test.ts or test/permissions-on-server.test.ts.',
  ])
})

test.each(rows)('requires the role for $name, and changes nothing without it', async (mutation) => {
  let before: Digests | null = null
  for (const [index, role] of roleNames.entries()) {
    const client = clientOf(server, users, role)
    const code = mutation.codes[index] ?? null
    const project = role === 'guest' ? open : closed
    if (code !== null) {
      before ??= await digestsOf(server)
      await expectRejection(server, mutation, client, role, project, code, before)
    } else {
      before = null
      const contents = /^(delete|undo)/.test(mutation.name) ? await fillProject(users, users.project) : project
      const { data, errors } = await mutation.send(client, contents, role)
      expect(errors, `${mutation.name} as ${role}`).toBeUndefined()
      await expectFoundByNode(client, data)
    }
  }
})

test.each(rows)('rejects $name for all users in an archived project', async (mutation) => {
  const before = await digestsOf(server)
  for (const role of ['reporter', 'maintainer', 'admin'] as const)
    await expectRejection(server, mutation, users[role], role, archived, codeIn(mutation, role) === N ? N : F, before)
  await expectRejection(server, mutation, users.outsider, 'outsider', archived, codeIn(mutation, 'outsider'), before)
})
