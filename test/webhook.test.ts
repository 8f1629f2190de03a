import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { CreateWebhookInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { createTestUsers, setMember, type TestUsers } from './support/people.ts'
import { digestsOf } from './support/permissions.ts'
import { createWebhook, newWebhook, testWebhook, webhookSettings } from './support/webhooks.ts'

const server = useServer(webhookSettings)
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})
beforeEach(async () => {
  await query('DELETE FROM webhooks')
})

const query = (text: string) => server.database.pool.query(text)

const Create = graphql(`
  mutation WebhookCreate($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      webhook {
        project { key } owner { username } name url types sources filter sendLeaves query enabled disabledReason pendingCount
        deliveries { totalCount }
      }
      secret
    }
  }
`)
const Update = graphql(`
  mutation WebhookUpdate($input: UpdateWebhookInput!) {
    updateWebhook(input: $input) {
      webhook { name url types sources filter sendLeaves query owner { username } enabled disabledReason pendingCount }
    }
  }
`)
const Delete = graphql(`
  mutation WebhookDelete($id: ID!) { deleteWebhook(input: { id: $id }) { deletedWebhookId project { key } } }
`)
const Rotate = graphql(`
  mutation WebhookRotate($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { secret webhook { id } } }
`)
const Test = graphql(`
  mutation WebhookTest($id: ID!) {
    testWebhook(input: { id: $id }) {
      delivery { type status payload nextAttemptAt attempts { at } webhook { id } }
    }
  }
`)
const Redeliver = graphql(`
  mutation WebhookRedeliver($input: RedeliverWebhookInput!) {
    redeliverWebhook(input: $input) { queuedCount webhook { pendingCount } }
  }
`)
const ListAll = graphql(`
  query WebhookList {
    webhooks { nodes { id project { key } } totalCount }
    project(id: "CORE") { webhooks { nodes { id } totalCount } }
  }
`)
const Deliveries = graphql(`
  query WebhookDeliveries($id: ID!, $status: DeliveryStatus) {
    node(id: $id) { ... on Webhook { deliveries(status: $status) { nodes { id status } totalCount } } }
  }
`)

const errorsOf = async (promise: ReturnType<Client['expectError']>) => {
  const { extensions } = await promise
  return { code: extensions?.code, paths: extensions?.fieldErrors?.map(({ path }) => path) }
}
const create = async (client: Client, more: Partial<CreateWebhookInput> = {}) =>
  (await client.ask(Create, { input: newWebhook('CORE', more) })).createWebhook
const update = async (client: Client, input: object) =>
  (await client.ask(Update, { input: input as never })).updateWebhook.webhook

test('creates a webhook with defaults, and returns its secret once', async () => {
  const { webhook, secret } = await create(users.maintainer)
  expect(webhook).toEqual({
    ...newWebhook('CORE'),
    projectId: undefined,
    project: { key: 'CORE' },
    owner: { username: 'maintainer' },
    sources: ['API', 'BULK', 'UNDO'],
    filter: null,
    sendLeaves: false,
    enabled: true,
    disabledReason: null,
    pendingCount: 0,
    deliveries: { totalCount: 0 },
  })
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const { rows } = await query("SELECT encode(secret, 'escape') AS secret FROM webhooks")
  expect(rows[0].secret).not.toContain(secret.slice(6))
})

test('stores a filter as it was sent', async () => {
  const filter = { or: [{ status: { in: ['OPEN'] } }, { createdAt: { gte: '-P7D' } }], assignee: { isViewer: true } }
  const { webhook } = await create(users.maintainer, { filter, sources: ['IMPORT', 'IMPORT'], sendLeaves: true })
  expect(webhook).toMatchObject({ filter, sources: ['IMPORT'], sendLeaves: true })
})

test('rejects a webhook without SNAGLIST_SECRET, and names the setting', async () => {
  const unconfigured = server.withSettings({})
  const response = await unconfigured.anonymous.post(
    { query: Create.toString(), variables: { input: newWebhook('CORE') } },
    { authorization: `Bearer ${users.maintainer.token}` },
  )
  expect(response.errors).toMatchObject([
    { message: expect.stringContaining('SNAGLIST_SECRET'), extensions: { code: 'NOT_CONFIGURED' } },
  ])
  await unconfigured.app.dispose()
})

const tooDeep = { and: [{ and: [{ and: [{ and: [{ and: [{}] }] }] }] }] }

test.each<[Partial<CreateWebhookInput>, readonly string[]]>([
  [{ name: ' ' }, ['name']],
  [{ url: 'http://example.com' }, ['url']],
  [{ url: 'https://10.0.0.1' }, ['url']],
  [{ types: [] }, ['types']],
  [{ sources: [] }, ['sources']],
  [{ filter: 'OPEN' }, ['filter']],
  [{ filter: [] }, ['filter']],
  [{ filter: { state: 'x' } }, ['filter']],
  [{ filter: { status: { eq: 'x' } } }, ['filter.status.eq']],
  [{ filter: { createdAt: { gte: 'soon' }, project: { eq: 'x-' } } }, ['filter.createdAt.gte']],
  [{ filter: { project: { eq: 'x-' }, title: { eq: null } } }, ['filter.project.eq', 'filter.title.eq']],
  [{ filter: tooDeep }, ['filter.and.0.and.0.and.0.and.0.and.0']],
  [{ query: '' }, ['query']],
  [{ query: '{ type' }, ['query']],
  [{ query: 'mutation { type }' }, ['query']],
  [{ query: 'query ($x: Int) { type }' }, ['query']],
  [{ query: '{ type } query B { type }' }, ['query']],
  [{ query: 'fragment F on Change { type }' }, ['query']],
  [{ query: '{ __schema { queryType { name } } }' }, ['query']],
  [{ query: '{ ticket { comments(first: 100) { nodes { replies(first: 100) { nodes { id } } } } } }' }, ['query']],
  [{ query: '{ type color ticket { key shape } }' }, ['query', 'query']],
  [{ query: '{ tickets { totalCount } }' }, ['query']],
  [
    { name: 'x'.repeat(101), url: 'ftp://a', types: [], filter: { kind: 'X' }, query: '{' },
    ['name', 'types', 'url', 'filter.kind', 'query'],
  ],
])('reports all errors of a new webhook with their paths: %j', async (more, paths) => {
  const before = await digestsOf(server)
  expect(await errorsOf(users.maintainer.expectError(Create, { input: newWebhook('CORE', more) }))).toEqual({
    code: 'BAD_USER_INPUT',
    paths: paths.map((path) => `input.${path}`),
  })
  expect(await digestsOf(server)).toEqual(before)
})

test('accepts fragments and aliases in the query of a webhook', async () => {
  const query = '{ kind: type ticket { ...T ... on Defect { absn } } } fragment T on Ticket { key labels { name } }'
  expect((await create(users.maintainer, { query })).webhook.query).toBe(query)
})

test('reports all errors of a changed webhook with their paths', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  const input = { id, name: null, url: null, types: null, sendLeaves: null, enabled: null, query: null, filter: 1 }
  const { code, paths } = await errorsOf(users.maintainer.expectError(Update, { input }))
  expect(code).toBe('BAD_USER_INPUT')
  expect(paths?.toSorted()).toEqual(
    ['enabled', 'filter', 'name', 'query', 'sendLeaves', 'types', 'url'].map((field) => `input.${field}`),
  )
})

test('limits a project, and all projects together, to 20 webhooks each', async () => {
  for (const projectId of ['CORE', null]) {
    for (let count = 0; count < 20; count++) await createWebhook(users.admin, projectId)
    expect(await errorsOf(users.admin.expectError(Create, { input: newWebhook(projectId) }))).toEqual({
      code: 'BAD_USER_INPUT',
      paths: ['input.projectId'],
    })
  }
})

test('permits webhooks for all projects to ADMINs only', async () => {
  expect((await users.maintainer.expectError(Create, { input: newWebhook(null) })).extensions?.code).toBe('FORBIDDEN')
  const { id } = await createWebhook(users.admin, null)
  expect((await users.maintainer.expectError(Update, { input: { id, name: 'x' } })).extensions?.code).toBe('NOT_FOUND')
  const { deleteWebhook } = await users.admin.ask(Delete, { id })
  expect(deleteWebhook).toEqual({ deletedWebhookId: id, project: null })
})

test('lists the webhooks that the viewer can manage, newest first', async () => {
  const first = await createWebhook(users.maintainer, 'CORE')
  const second = await createWebhook(users.admin, 'CORE')
  const global = await createWebhook(users.admin, null)
  const ids = async (client: Client) => (await client.ask(ListAll)).webhooks.nodes.map(({ id }) => id)
  expect(await ids(users.admin)).toEqual([global.id, second.id, first.id])
  expect(await ids(users.maintainer)).toEqual([second.id, first.id])
  expect(await ids(users.contributor)).toEqual([])
  const { project } = await users.contributor.ask(ListAll)
  expect(project?.webhooks).toEqual({ nodes: [], totalCount: 0 })
})

test('gives the webhook to the user who changes its url, filter or query, or enables it', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE', { filter: { kind: 'ISSUE' } })
  const ownerAfter = async (client: Client, patch: object) => (await update(client, { id, ...patch })).owner.username
  const unchanged = { url: 'https://example.com/hook', query: '{ type key }', filter: { kind: 'ISSUE' } }
  expect(await ownerAfter(users.admin, { name: 'Other', types: ['COMMENT_ADDED'], sendLeaves: true })).toBe(
    'maintainer',
  )
  expect(await ownerAfter(users.admin, { ...unchanged, enabled: false })).toBe('maintainer')
  expect(await ownerAfter(users.admin, { enabled: true })).toBe('admin')
  for (const patch of [{ url: 'https://example.com/other' }, { query: '{ type }' }, { filter: null }]) {
    await update(users.maintainer, { id, enabled: false })
    await update(users.maintainer, { id, enabled: true })
    expect(await ownerAfter(users.admin, patch)).toBe('admin')
  }
})

test('changes only the passed fields', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE', { filter: { kind: 'ISSUE' } })
  const before = await update(users.maintainer, { id })
  expect(await update(users.maintainer, { id, types: ['COMMENT_ADDED'] })).toEqual({
    ...before,
    types: ['COMMENT_ADDED'],
  })
})

test('fails the pending deliveries of a disabled webhook, and forgets its failures when it is enabled', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  await testWebhook(users.maintainer, id)
  expect(await update(users.maintainer, { id })).toMatchObject({ enabled: true, pendingCount: 1 })
  expect(await update(users.maintainer, { id, enabled: false })).toMatchObject({ enabled: false, pendingCount: 0 })
  const failed = await users.maintainer.ask(Deliveries, { id, status: 'FAILED' })
  expect(failed.node).toMatchObject({ deliveries: { totalCount: 1 } })
  await query("UPDATE webhooks SET disabled_reason = 'x', failures = 9, failing_since = now(), waits_until = now()")
  expect(await update(users.maintainer, { id, enabled: true })).toMatchObject({ enabled: true, disabledReason: null })
  const { rows } = await query('SELECT failures, failing_since, waits_until FROM webhooks')
  expect(rows).toEqual([{ failures: 0, failing_since: null, waits_until: null }])
})

test('hides webhooks from a former MAINTAINER', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  await setMember(users.admin, 'CORE', users.maintainer.id, 'CONTRIBUTOR')
  expect((await users.maintainer.ask(ListAll)).webhooks.totalCount).toBe(0)
  expect((await users.maintainer.expectError(Rotate, { input: { id } })).extensions?.code).toBe('NOT_FOUND')
  await setMember(users.admin, 'CORE', users.maintainer.id, 'MAINTAINER')
})

test('keeps the previous secret for a day after a rotation, unless it is known to others', async () => {
  const { id, secret } = await createWebhook(users.maintainer, 'CORE')
  const rotate = async (expireOld: boolean) =>
    (await users.maintainer.ask(Rotate, { input: { id, expireOld } })).rotateWebhookSecret.secret
  const stored = async () =>
    (
      await query(`SELECT encode(secret, 'hex') AS secret, encode(previous_secret, 'hex') AS previous,
        round(extract(epoch FROM previous_secret_until - now()) / 3600) AS hours FROM webhooks`)
    ).rows[0]
  const before = await stored()
  expect(before).toMatchObject({ previous: null, hours: null })
  expect(await rotate(false)).not.toBe(secret)
  const rotated = await stored()
  expect(rotated).toEqual({ secret: expect.any(String), previous: before.secret, hours: '24' })
  expect(rotated.secret).not.toBe(before.secret)
  await rotate(true)
  expect(await stored()).toMatchObject({ previous: null, hours: null })
})

test('queues a test, at most ten times a minute', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  const { testWebhook } = await users.maintainer.ask(Test, { id })
  expect(testWebhook.delivery).toEqual({
    type: 'webhook.test',
    status: 'PENDING',
    payload: { type: 'webhook.test', timestamp: expect.any(String), cursor: null, data: null },
    nextAttemptAt: expect.any(String),
    attempts: [],
    webhook: { id },
  })
  for (let count = 1; count < 10; count++) await users.maintainer.ask(Test, { id })
  const error = await users.maintainer.expectError(Test, { id })
  expect(error.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
})

test('queues deliveries again, by id or since a time', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  const deliveryIds = [await testWebhook(users.maintainer, id), await testWebhook(users.maintainer, id)]
  const fail = () => query("UPDATE webhook_deliveries SET status = 'FAILED', next_at = NULL, failures = 10")
  const redeliver = async (input: object) =>
    (await users.maintainer.ask(Redeliver, { input: { id, ...input } })).redeliverWebhook
  await fail()
  expect(await redeliver({ deliveryIds: deliveryIds.slice(1) })).toEqual({
    queuedCount: 1,
    webhook: { pendingCount: 1 },
  })
  await fail()
  const [past, future] = ['2026-01-01T00:00:00Z', '2999-01-01T00:00:00Z']
  expect(await redeliver({ since: future })).toMatchObject({ queuedCount: 0 })
  expect(await redeliver({ since: past, status: 'DELIVERED' })).toMatchObject({ queuedCount: 0 })
  expect(await redeliver({ since: past })).toEqual({ queuedCount: 2, webhook: { pendingCount: 2 } })
  const { rows } = await query('SELECT DISTINCT status, failures, next_at <= now() AS due FROM webhook_deliveries')
  expect(rows).toEqual([{ status: 'PENDING', failures: 0, due: true }])
})

test('rejects the redelivery of deliveries that the webhook does not have', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  const other = await createWebhook(users.maintainer, 'CORE')
  const known = await testWebhook(users.maintainer, id)
  const unknown = await testWebhook(users.maintainer, other.id)
  const before = await digestsOf(server)
  const reject = (input: object) => errorsOf(users.maintainer.expectError(Redeliver, { input: { id, ...input } }))
  const code = 'BAD_USER_INPUT'
  expect(await reject({ deliveryIds: [known, unknown, crypto.randomUUID()] })).toEqual({
    code,
    paths: ['input.deliveryIds.1', 'input.deliveryIds.2'],
  })
  expect(await reject({})).toEqual({ code, paths: ['input.deliveryIds'] })
  expect(await reject({ deliveryIds: [known], since: '2026-01-01T00:00:00Z', status: 'FAILED' })).toEqual({
    code,
    paths: ['input.deliveryIds', 'input.status'],
  })
  expect(await digestsOf(server)).toEqual(before)
})

test('deletes a webhook with its deliveries', async () => {
  const { id } = await createWebhook(users.maintainer, 'CORE')
  await testWebhook(users.maintainer, id)
  const { deleteWebhook } = await users.maintainer.ask(Delete, { id })
  expect(deleteWebhook).toEqual({ deletedWebhookId: id, project: { key: 'CORE' } })
  const { rows } = await query('SELECT FROM webhook_deliveries')
  expect(rows).toEqual([])
})
