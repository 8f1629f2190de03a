import { pino } from 'pino'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { viewerContextFactory } from '../src/graphql/viewer-context.ts'
import { schema } from '../src/schema.ts'
import { createFanOut, type FanOut } from '../src/webhook/fan-out.actions.ts'
import type { CreateWebhookInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { importCsv } from './support/imports.ts'
import { createDefect, createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'
import { createWebhook, webhookSettings } from './support/webhooks.ts'

const server = useServer(webhookSettings)
let users: TestUsers
let fanOut: FanOut
beforeAll(async () => {
  users = await createTestUsers(server)
  await createProject(users.maintainer, 'OTHER')
  fanOut = startFanOut()
})
beforeEach(() => query('DELETE FROM webhooks'))

const startFanOut = () =>
  createFanOut({
    db: server.database.db,
    schema,
    createContext: viewerContextFactory(server.config, server.database),
    log: pino({ level: 'silent' }),
  })

const query = async (text: string) => (await server.database.pool.query(text)).rows

const types = [
  'TICKET_CREATED',
  'TICKET_UPDATED',
  'TICKET_ARCHIVED',
  'TICKET_RESTORED',
  'TICKET_DELETED',
  'COMMENT_ADDED',
  'COMMENT_EDITED',
  'COMMENT_DELETED',
] as const
const create = (more: Partial<CreateWebhookInput> = {}, client = users.maintainer) =>
  createWebhook(client, 'CORE', { types: [...types], query: '{ type key matches }', ...more })

interface Message {
  readonly type: string
  readonly timestamp: string
  readonly cursor: string
  readonly data: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly object[]
}

/** Queues deliveries, and returns the messages in the order of the feed. */
async function messages(webhookId?: string): Promise<readonly Message[]> {
  await fanOut()
  const rows = await query(`SELECT d.body FROM webhook_deliveries d JOIN changes c ON c.id = d.change_id
    WHERE ${webhookId ? `d.webhook_id = '${webhookId}'` : 'TRUE'} ORDER BY c.position`)
  return rows.map(({ body }) => JSON.parse(body))
}
const dataOf = async (webhookId?: string) => (await messages(webhookId)).map(({ data }) => data)
const typesOf = async (webhookId?: string) => (await messages(webhookId)).map(({ type }) => type)

const Update = graphql(`
  mutation FeedUpdate($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }
`)
const Archive = graphql(`
  mutation FeedArchive($id: ID!, $archived: Boolean!) {
    archiveTicket(input: { id: $id, archived: $archived }) { ticket { id } }
  }
`)
const Comment = graphql(`
  mutation FeedComment($id: ID!) { addComment(input: { ticketId: $id, body: "Seen" }) { comment { id } } }
`)
const Undo = graphql(`mutation FeedUndo($id: ID!) { undoImport(input: { importId: $id }) { undoneCount } }`)
const Changes = graphql(`
  query FeedAfter($after: String) { changes(after: $after) { changes { type key } caughtUp } }
`)
const SetEnabled = graphql(`
  mutation FeedEnable($id: ID!, $enabled: Boolean!) {
    updateWebhook(input: { id: $id, enabled: $enabled }) { webhook { enabled disabledReason } }
  }
`)
const States = graphql(`
  query FeedStates { webhooks { nodes { id enabled disabledReason pendingCount } } }
`)

test('sends the changes of a project, with the result of the query as data', async () => {
  await create({ query: '{ kind: type fields { field to } ticket { key title } comment { body } actor { username } }' })
  const { id, key } = await createIssue(users.reporter, 'CORE', 'Broken')
  await createIssue(users.maintainer, 'OTHER', 'Elsewhere')
  await users.contributor.ask(Update, { input: { id, title: 'Repaired' } })
  await users.reporter.ask(Comment, { id })
  const sent = await messages()
  const ticket = { key, title: 'Repaired' }
  expect(sent).toEqual(
    [
      [
        'ticket.created',
        { kind: 'TICKET_CREATED', fields: [], ticket, comment: null, actor: { username: 'reporter' } },
      ],
      [
        'ticket.updated',
        {
          kind: 'TICKET_UPDATED',
          fields: [{ field: 'title', to: 'Repaired' }],
          ticket,
          comment: null,
          actor: { username: 'contributor' },
        },
      ],
      [
        'comment.added',
        { kind: 'COMMENT_ADDED', fields: [], ticket, comment: { body: 'Seen' }, actor: { username: 'reporter' } },
      ],
    ].map(([type, data]) => ({ type, timestamp: expect.any(String), cursor: expect.any(String), data })),
  )
  const [changes] = await query(
    'SELECT count(*)::integer AS count FROM changes c JOIN webhook_deliveries d ON d.change_id = c.id',
  )
  expect(changes?.['count']).toBe(3)
  const { changes: rest } = await users.maintainer.ask(Changes, { after: sent[1]?.cursor ?? null })
  expect(rest).toEqual({ changes: [{ type: 'COMMENT_ADDED', key }], caughtUp: true })
})

test('sends the selected kinds and origins of changes, by default no imports', async () => {
  const all = await create()
  const created = await create({ types: ['TICKET_CREATED'] })
  const imported = await create({ sources: ['IMPORT'] })
  const { id } = await createIssue(users.maintainer, 'CORE', 'By hand')
  await users.maintainer.ask(Update, { input: { id, title: 'Changed' } })
  await importCsv(users.maintainer, 'title\nImported\n', { projectId: 'CORE', kind: 'ISSUE' })
  expect(await typesOf(all.id)).toEqual(['ticket.created', 'ticket.updated'])
  expect(await typesOf(created.id)).toEqual(['ticket.created'])
  expect(await typesOf(imported.id)).toEqual(['ticket.created'])
})

test('sends the changes of tickets that match the filter, and those that may have left it with sendLeaves', async () => {
  const filter = { kind: 'ISSUE', status: { eq: 'OPEN' } }
  const matching = await create({ filter })
  const leaving = await create({ filter, sendLeaves: true })
  const { id, key } = await createIssue(users.maintainer, 'CORE', 'Open')
  await createDefect(users.maintainer, 'CORE', 'Solder')
  await fanOut()
  await users.maintainer.ask(Update, { input: { id, status: 'IN_PROGRESS' } })
  await fanOut()
  await users.maintainer.ask(Update, { input: { id, title: 'Not open' } })
  const created = { type: 'TICKET_CREATED', key, matches: true }
  expect(await dataOf(matching.id)).toEqual([created])
  expect(await dataOf(leaving.id)).toEqual([created, { type: 'TICKET_UPDATED', key, matches: false }])
})

test('sends the archiving and deletion of tickets that the filter excludes since', async () => {
  const { id } = await create({
    types: ['TICKET_ARCHIVED', 'TICKET_DELETED', 'TICKET_RESTORED'],
    sources: ['API', 'IMPORT', 'UNDO'],
  })
  const issue = await createIssue(users.maintainer, 'CORE', 'To archive')
  await users.maintainer.ask(Archive, { id: issue.id, archived: true })
  await fanOut()
  await users.maintainer.ask(Archive, { id: issue.id, archived: false })
  const { id: importId } = await importCsv(users.maintainer, 'title\nImported\n', { projectId: 'CORE', kind: 'ISSUE' })
  await users.maintainer.ask(Undo, { id: importId })
  expect(await typesOf(id)).toEqual(['ticket.archived', 'ticket.restored', 'ticket.deleted'])
})

test('sends only changes after the webhook was created or enabled', async () => {
  await createIssue(users.maintainer, 'CORE', 'Earlier')
  const { id } = await create()
  const first = await createIssue(users.maintainer, 'CORE', 'While enabled')
  expect(await dataOf(id)).toMatchObject([{ key: first.key }])
  await users.maintainer.ask(SetEnabled, { id, enabled: false })
  await createIssue(users.maintainer, 'CORE', 'While disabled')
  await users.maintainer.ask(SetEnabled, { id, enabled: true })
  const second = await createIssue(users.maintainer, 'CORE', 'While enabled again')
  expect(await dataOf(id)).toMatchObject([{ key: first.key }, { key: second.key }])
})

const SetEmail = graphql(`
  mutation FeedEmail($id: ID!, $email: EmailAddress) { updateUser(input: { id: $id, email: $email }) { user { id } } }
`)

test('reads data with the permissions of the owner', async () => {
  await users.contributor.ask(SetEmail, { id: 'contributor', email: 'contributor@example.com' })
  const selection = '{ actor { email } ticket { project { key } } }'
  const own = await create({ query: selection })
  const global = await createWebhook(users.admin, null, { query: selection })
  await createIssue(users.contributor, 'CORE', 'Seen by both')
  await createIssue(users.maintainer, 'OTHER', 'Seen by the ADMIN')
  expect(await dataOf(own.id)).toEqual([{ actor: { email: null }, ticket: { project: { key: 'CORE' } } }])
  expect(await dataOf(global.id)).toEqual([
    { actor: { email: 'contributor@example.com' }, ticket: { project: { key: 'CORE' } } },
    { actor: { email: null }, ticket: { project: { key: 'OTHER' } } },
  ])
})

test('disables a webhook whose owner has lost the permission before it reads data', async () => {
  await create()
  await query(`UPDATE webhooks SET owner_id = '${users.contributor.id}'`)
  await createIssue(users.maintainer, 'CORE', 'Hidden')
  expect(await messages()).toEqual([])
  const { webhooks } = await users.admin.ask(States)
  expect(webhooks.nodes).toMatchObject([{ enabled: false, disabledReason: expect.stringMatching(/^The owner/) }])
})

const invalidities: [part: string, change: string, reason: RegExp][] = [
  ['query', "query = '{ color }'", /^The query is no longer valid: it is invalid: Cannot query field "color"/],
  ['filter', `filter = '{"color": {"eq": "red"}}'`, /^The filter is no longer valid/],
  [
    'reference in the filter',
    `filter = '{"project": {"eq": "?"}}'`,
    /^The filter is no longer valid: filter.project.eq/,
  ],
]

test.each(invalidities)('disables a webhook whose %s is invalid in this version', async (_part, change, reason) => {
  await create()
  const valid = await create()
  await query(`UPDATE webhooks SET ${change} WHERE id <> '${valid.id}'`)
  await createIssue(users.maintainer, 'CORE', 'Changed')
  expect(await typesOf()).toEqual(['ticket.created'])
  const { webhooks } = await users.admin.ask(States)
  expect(webhooks.nodes).toMatchObject([
    { id: valid.id, enabled: true },
    { enabled: false, disabledReason: expect.stringMatching(reason) },
  ])
})

test.each(invalidities)('a new server disables a webhook whose %s is invalid before any change', async (...row) => {
  const [, change, reason] = row
  const invalid = await create()
  const valid = await create()
  await query(`UPDATE webhooks SET ${change} WHERE id = '${invalid.id}'`)
  await startFanOut()()
  const { webhooks } = await users.admin.ask(States)
  expect(webhooks.nodes).toMatchObject([
    { id: valid.id, enabled: true },
    { id: invalid.id, enabled: false, disabledReason: expect.stringMatching(reason) },
  ])
})

test('sends errors of fields next to the other data', async () => {
  await create({ query: '{ key ticket { comments(first: -1) { totalCount } } }' })
  const { key } = await createIssue(users.maintainer, 'CORE', 'Queried')
  expect(await messages()).toMatchObject([
    {
      data: { key, ticket: null },
      errors: [{ message: expect.any(String), path: ['ticket', 'comments'], extensions: { code: 'BAD_USER_INPUT' } }],
    },
  ])
})

test('sends no data above 256 KB', async () => {
  const aliases = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: description`).join(' ')
  await create({ query: `{ key ticket { ${aliases} } }` })
  await createIssue(users.maintainer, 'CORE', 'Long', { description: 'x'.repeat(65_000) })
  const short = await createIssue(users.maintainer, 'CORE', 'Short')
  expect(await messages()).toMatchObject([
    { type: 'ticket.created', data: null, errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
    { data: { key: short.key } },
  ])
})

test('sends a change without data if its data cannot be read, and delays no others', async () => {
  const { id: webhookId } = await create({ query: '{ key ticket { comments(first: 100) { nodes { body } } } }' })
  const { id, key } = await createIssue(users.maintainer, 'CORE', 'With long comments')
  await query(`INSERT INTO comments (ticket_id, author_id, body)
    SELECT '${id}', '${users.maintainer.id}', repeat('x', 300000) FROM generate_series(1, 80)`)
  const other = await createIssue(users.maintainer, 'CORE', 'Without comments')
  const sent = await messages(webhookId)
  expect(sent).toMatchObject([
    { data: null, errors: [{ extensions: { code: expect.any(String) } }] },
    { data: { key: other.key } },
  ])
  expect(sent[0]?.data).not.toEqual({ key })
  await query(`DELETE FROM comments WHERE ticket_id = '${id}'`)
})

test('queues each change once, although several servers read the feed', async () => {
  const { id } = await create()
  for (let count = 0; count < 5; count++) await createIssue(users.maintainer, 'CORE', `Issue ${count}`)
  await Promise.all([fanOut(), fanOut(), fanOut()])
  expect(
    await query(`SELECT count(*)::integer, count(DISTINCT change_id)::integer AS changes
    FROM webhook_deliveries WHERE webhook_id = '${id}'`),
  ).toEqual([{ count: 5, changes: 5 }])
})

test('reads many changes in few statements', async () => {
  await create({
    query: '{ type actor { name } ticket { key labels { name } assignee { name } } }',
    sources: ['IMPORT'],
  })
  const rows = Array.from({ length: 500 }, (_, index) => `Issue ${index}`).join('\n')
  await importCsv(users.maintainer, `title\n${rows}\n`, { projectId: 'CORE', kind: 'ISSUE' })
  const { sent } = await statementsOf(server, fanOut)
  expect(await query('SELECT count(*)::integer FROM webhook_deliveries')).toEqual([{ count: 500 }])
  expect(sent.length).toBeLessThan(40)
})

test('moves no position without webhooks, with one statement', async () => {
  await createIssue(users.maintainer, 'CORE', 'Not sent')
  const before = await query('SELECT position FROM webhook_feed')
  const { sent } = await statementsOf(server, fanOut)
  // The feed announces the previous mutation at any time.
  expect(sent).toHaveLength(1)
  expect(await query('SELECT position FROM webhook_feed')).toEqual(before)
})

const Preview = graphql(`
  query FeedPreview($id: ID!, $ticket: ID!) { previewWebhook(id: $id, ticketId: $ticket) { payload } }
`)

test('previews the message for a ticket with the permissions of the viewer, and sends nothing', async () => {
  await users.contributor.ask(SetEmail, { id: 'contributor', email: 'contributor@example.com' })
  const { id } = await create({ query: '{ matches actor { email } }', filter: { kind: 'DEFECT' } }, users.admin)
  const issue = await createIssue(users.contributor, 'CORE', 'Previewed')
  const preview = async (client: typeof users.admin, ticket = issue.key) =>
    (await client.ask(Preview, { id, ticket })).previewWebhook?.payload ?? null
  const message = { type: 'ticket.created', timestamp: expect.any(String), cursor: expect.any(String) }
  const data = { matches: false, actor: { email: 'contributor@example.com' } }
  expect(await preview(users.admin)).toEqual({ ...message, data })
  expect(await preview(users.maintainer)).toEqual({ ...message, data: { ...data, actor: { email: null } } })
  for (const client of [users.contributor, users.outsider]) expect(await preview(client)).toBeNull()
  const hidden = await createProject(users.admin, 'HIDDEN')
  expect(await preview(users.maintainer, (await createIssue(users.admin, hidden.key, 'Hidden')).key)).toBeNull()
  expect(await query('SELECT FROM webhook_deliveries')).toEqual([])
})

test('disables a webhook with 100,000 pending deliveries', async () => {
  const { id } = await create()
  await query(`INSERT INTO webhook_deliveries (webhook_id, change_id, type, body)
    SELECT '${id}', new_id(), 'webhook.test', '{}' FROM generate_series(1, 99999)`)
  await createIssue(users.maintainer, 'CORE', 'One more')
  await fanOut()
  const { webhooks } = await users.admin.ask(States)
  expect(webhooks.nodes).toEqual([
    { id, enabled: false, disabledReason: '100,000 deliveries were pending.', pendingCount: 0 },
  ])
})
