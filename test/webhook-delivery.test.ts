import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { attemptDelivery } from '../src/webhook/delivery-attempt.actions.ts'
import { claimDeliveries } from '../src/webhook/delivery-claim.actions.ts'
import { deleteOldDeliveries } from '../src/webhook/retention.actions.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { createTestUsers, setMember, type TestUsers } from './support/people.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { createWebhook, testWebhook, webhookSettings } from './support/webhooks.ts'

const server = useServer({ ...webhookSettings, SNAGLIST_WEBHOOK_HOSTS: '127.0.0.1' })
let users: TestUsers
let receiver: Receiver
let status = 200
let headers: Readonly<Record<string, string>> = {}
beforeAll(async () => {
  users = await createTestUsers(server)
})
beforeEach(async () => {
  await query('DELETE FROM webhooks')
  status = 200
  headers = {}
  receiver = await startReceiver((response) => response.writeHead(status, headers).end('noted'))
})
afterEach(() => receiver[Symbol.asyncDispose]())

const query = async (text: string) => (await server.database.pool.query(text)).rows
const create = (projectId: string | null = 'CORE', client = users.maintainer) =>
  createWebhook(client, projectId, { url: receiver.url })

/** Queues deliveries of a test by SQL, without its rate limit. */
const queue = (webhookId: string, count: number) =>
  query(`INSERT INTO webhook_deliveries (webhook_id, change_id, type, body)
    SELECT '${webhookId}', new_id(), 'webhook.test', '{}' FROM generate_series(1, ${count})`)
const claim = (limit = 32) => claimDeliveries(server.database, limit)

/** Sends the deliveries that are due, once. Returns their number. */
async function deliver(settings = server.config): Promise<number> {
  const deliveries = await claim()
  const { signal } = new AbortController()
  await Promise.all(deliveries.map((delivery) => attemptDelivery(server.database.db, delivery, settings, signal)))
  return deliveries.length
}

const makeDue = () =>
  query(`UPDATE webhook_deliveries SET next_at = now() WHERE status = 'PENDING';
  UPDATE webhooks SET waits_until = NULL`)

const States = graphql(`
  query DeliveryStates($id: ID!) {
    node(id: $id) {
      ... on Webhook {
        enabled disabledReason pendingCount
        deliveries {
          nodes { status nextAttemptAt attempts { at durationMs responseStatus responseBody error } }
        }
      }
    }
  }
`)
async function stateOf(id: string) {
  const { node } = await users.admin.ask(States, { id })
  if (!node || !('enabled' in node)) throw new Error(`Webhook ${id} was not found.`)
  return node
}

test('sends a signed message, and stores the attempt', async () => {
  const { id, secret } = await create()
  await testWebhook(users.maintainer, id)
  expect(await deliver()).toBe(1)
  const [request] = receiver.requests
  expect(request).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': expect.stringMatching(/^Snaglist\/\d/) },
  })
  const [stored] = await query('SELECT change_id, body FROM webhook_deliveries')
  expect(request?.headers['webhook-id']).toBe(stored?.['change_id'])
  expect(request?.body).toBe(stored?.['body'])
  expect(new Webhook(secret).verify(request?.body ?? '', request?.headers as Record<string, string>)).toEqual({
    type: 'webhook.test',
    timestamp: expect.any(String),
    cursor: null,
    data: null,
  })
  expect(await stateOf(id)).toMatchObject({
    enabled: true,
    pendingCount: 0,
    deliveries: {
      nodes: [
        {
          status: 'DELIVERED',
          nextAttemptAt: null,
          attempts: [
            {
              at: expect.any(String),
              durationMs: expect.any(Number),
              responseStatus: 200,
              responseBody: 'noted',
              error: null,
            },
          ],
        },
      ],
    },
  })
  expect(await deliver()).toBe(0)
})

const hour = 3600
test('repeats a failed delivery with the same message ten times, and then gives up', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = 500
  const delays: number[] = []
  for (let attempt = 1; attempt <= 10; attempt++) {
    expect(await deliver()).toBe(1)
    const [row] = await query(`SELECT extract(epoch FROM next_at - now())::float AS delay FROM webhook_deliveries`)
    delays.push(row?.['delay'])
    await makeDue()
  }
  const expected = [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
  for (const [index, delay] of expected.entries()) {
    expect(delays[index]).toBeGreaterThan(0.8 * delay - 5)
    expect(delays[index]).toBeLessThan(1.2 * delay)
  }
  expect(delays.at(-1)).toBeNull()
  const { deliveries } = await stateOf(id)
  expect(deliveries.nodes).toMatchObject([{ status: 'FAILED', nextAttemptAt: null }])
  expect(deliveries.nodes[0]?.attempts).toHaveLength(10)
  const messages = receiver.requests.map((request) => [request.headers['webhook-id'], request.body].join())
  expect(new Set(messages).size).toBe(1)
})

test('stores the last 20 attempts', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = 500
  for (let attempt = 1; attempt <= 22; attempt++) {
    if (attempt === 21) status = 503
    await query("UPDATE webhook_deliveries SET status = 'PENDING', failures = 0, next_at = now()")
    await makeDue()
    await deliver()
  }
  const attempts = (await stateOf(id)).deliveries.nodes[0]?.attempts ?? []
  expect(attempts.map(({ responseStatus }) => responseStatus)).toEqual([...Array(18).fill(500), 503, 503])
})

test('treats a redirect, a closed connection and an unknown host as failures', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = 307
  headers = { location: receiver.url }
  await deliver()
  await receiver[Symbol.asyncDispose]()
  await makeDue()
  await deliver()
  const [delivery] = (await stateOf(id)).deliveries.nodes
  expect(delivery?.status).toBe('PENDING')
  expect(delivery?.attempts).toMatchObject([
    { responseStatus: 307, error: null },
    { responseStatus: null, responseBody: null, error: expect.stringContaining('ECONNREFUSED') },
  ])
})

const waitOf = (table: 'webhooks' | 'webhook_deliveries', column: string) =>
  query(`SELECT round(extract(epoch FROM ${column} - now()) / 10)::integer * 10 AS seconds FROM ${table}`)

test('waits as long as Retry-After demands, at most a day', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = 503
  headers = { 'retry-after': '200' }
  await deliver()
  expect(await waitOf('webhook_deliveries', 'next_at')).toEqual([{ seconds: 200 }])
  expect(await waitOf('webhooks', 'waits_until')).toEqual([{ seconds: null }])
  headers = { 'retry-after': '999999' }
  await makeDue()
  await deliver()
  expect(await waitOf('webhook_deliveries', 'next_at')).toEqual([{ seconds: 86_400 }])
})

test.each([429, 502, 504])('delays all deliveries of an endpoint that responds with status %s', async (throttling) => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = throttling
  await deliver()
  expect(await waitOf('webhooks', 'waits_until')).toEqual([{ seconds: 60 }])
  await queue(id, 2)
  expect(await deliver()).toBe(0)
  await makeDue()
  headers = { 'retry-after': '200' }
  await deliver()
  expect(await waitOf('webhooks', 'waits_until')).toEqual([{ seconds: 200 }])
})

test('disables a webhook whose endpoint is gone, with its other deliveries', async () => {
  const { id } = await create()
  await queue(id, 6)
  status = 410
  await deliver()
  expect(await stateOf(id)).toMatchObject({
    enabled: false,
    disabledReason: 'The endpoint responded with status 410 (Gone).',
    pendingCount: 0,
  })
  await makeDue()
  expect(await deliver()).toBe(0)
})

test('disables a webhook that has failed for three days', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = 500
  await deliver()
  for (const [hours, enabled] of [
    [71, true],
    [73, false],
  ] as const) {
    await query(`UPDATE webhooks SET failing_since = now() - interval '${hours} hours'`)
    await makeDue()
    await deliver()
    expect((await stateOf(id)).enabled).toBe(enabled)
  }
  expect((await stateOf(id)).disabledReason).toBe('The endpoint has failed for three days.')
})

test('forgets failures after a success', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  status = 500
  await deliver()
  expect(await query('SELECT failures, failing_since IS NULL AS healthy FROM webhooks')).toEqual([
    { failures: 1, healthy: false },
  ])
  status = 204
  await makeDue()
  await deliver()
  expect(await query('SELECT failures, failing_since IS NULL AS healthy FROM webhooks')).toEqual([
    { failures: 0, healthy: true },
  ])
})

test('sends four deliveries to an endpoint concurrently, and one after five failures in a row', async () => {
  const { id } = await create()
  await queue(id, 10)
  const first = await claim()
  expect(first).toHaveLength(4)
  expect(await claim()).toHaveLength(0)
  await query(`UPDATE webhook_deliveries SET leased_until = NULL WHERE id = '${first[0]?.id}'`)
  expect(await claim()).toHaveLength(1)
  await query('UPDATE webhook_deliveries SET leased_until = NULL, next_at = now(); UPDATE webhooks SET failures = 4')
  status = 500
  await deliver()
  expect(await waitOf('webhooks', 'waits_until')).toEqual([{ seconds: 60 }])
  await makeDue()
  expect(await claim()).toHaveLength(1)
})

test('serves endpoints in turn', async () => {
  const busy = await create()
  const quiet = await create()
  await queue(busy.id, 50)
  const webhooksOf = async () => [...new Set((await claim(4)).map(({ webhookId }) => webhookId))]
  expect(await webhooksOf()).toEqual([busy.id])
  await queue(quiet.id, 1)
  await query('UPDATE webhook_deliveries SET leased_until = NULL')
  expect(await webhooksOf()).toEqual([quiet.id])
  expect(await webhooksOf()).toEqual([busy.id])
})

test('sends each delivery once, although several servers look for them', async () => {
  const { id } = await create()
  await queue(id, 20)
  for (let round = 0; round < 8; round++) await Promise.all([deliver(), deliver(), deliver()])
  const ids = receiver.requests.map((request) => request.headers['webhook-id'])
  expect(ids).toHaveLength(20)
  expect(new Set(ids).size).toBe(20)
})

test('sends the deliveries of a server that crashed, after a minute', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  const [lost] = await claim()
  expect(await deliver()).toBe(0)
  await query(
    "UPDATE webhook_deliveries SET leased_until = leased_until - interval '61 s', next_at = next_at - interval '61 s'",
  )
  expect(await deliver()).toBe(1)
  expect(receiver.requests[0]?.headers['webhook-id']).toBe(lost?.changeId)
})

const Update = graphql(`
  mutation DeliveryUpdateUser($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }
`)

test('checks the permissions of the owner at each attempt', async () => {
  const { id } = await create()
  const global = await create(null, users.admin)
  for (const webhook of [id, global.id]) await testWebhook(users.admin, webhook)
  await setMember(users.admin, 'CORE', users.maintainer.id, 'CONTRIBUTOR')
  await deliver()
  await setMember(users.admin, 'CORE', users.maintainer.id, 'MAINTAINER')
  expect(receiver.requests).toHaveLength(1)
  expect(await stateOf(id)).toMatchObject({
    enabled: false,
    disabledReason: expect.stringMatching(/^The owner is deactivated, or lacks the role MAINTAINER/),
    deliveries: { nodes: [{ status: 'FAILED', attempts: [] }] },
  })
  expect((await stateOf(global.id)).enabled).toBe(true)
})

test('sends nothing for a deactivated owner, or a former ADMIN', async () => {
  const { id } = await create('CORE', users.admin)
  await query(`UPDATE webhooks SET owner_id = '${users.outsider.id}'`)
  await users.admin.ask(Update, { input: { id: 'outsider', role: 'ADMIN' } })
  await testWebhook(users.admin, id)
  expect(await deliver()).toBe(1)
  expect(receiver.requests).toHaveLength(1)
  for (const patch of [{ active: false }, { active: true, role: 'MEMBER' }] as const) {
    await users.admin.ask(Update, { input: { id: 'outsider', ...patch } })
    await testWebhook(users.admin, id)
    await deliver()
  }
  expect(receiver.requests).toHaveLength(1)
  expect((await stateOf(id)).enabled).toBe(false)
})

const Rotate = graphql(`
  mutation DeliveryRotate($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { secret } }
`)

test('signs with the previous secret too, for a day after a rotation', async () => {
  const { id, secret: previous } = await create()
  const { rotateWebhookSecret } = await users.maintainer.ask(Rotate, { input: { id } })
  const isSignedBy = async (secret: string) => {
    await testWebhook(users.maintainer, id)
    await deliver()
    const { body, headers: sent } = receiver.requests.at(-1) ?? { body: '', headers: {} }
    try {
      new Webhook(secret).verify(body, sent as Record<string, string>)
      return true
    } catch {
      return false
    }
  }
  expect([await isSignedBy(previous), await isSignedBy(rotateWebhookSecret.secret)]).toEqual([true, true])
  await query('UPDATE webhooks SET previous_secret_until = now()')
  expect([await isSignedBy(previous), await isSignedBy(rotateWebhookSecret.secret)]).toEqual([false, true])
})

test('reports a changed SNAGLIST_SECRET in the attempt, and sends nothing', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  await deliver({ ...server.config, secret: 'another secret of 32 characters or more' })
  expect((await stateOf(id)).deliveries.nodes).toMatchObject([
    { status: 'PENDING', attempts: [{ responseStatus: null, error: expect.stringContaining('SNAGLIST_SECRET') }] },
  ])
  expect(receiver.requests).toEqual([])
})

test('sends nothing inside a network that is no longer permitted', async () => {
  const { id } = await create()
  await testWebhook(users.maintainer, id)
  await deliver({ ...server.config, webhookHosts: [] })
  expect((await stateOf(id)).deliveries.nodes[0]?.attempts).toMatchObject([
    { error: expect.stringContaining('SNAGLIST_WEBHOOK_HOSTS') },
  ])
  expect(receiver.requests).toEqual([])
})

test('looks for deliveries with one statement, if there are none', async () => {
  await create()
  const { sent } = await statementsOf(server, () => claim())
  // The feed announces the previous mutation at any time.
  expect(sent).toHaveLength(1)
})

test('finds due deliveries among many by an index', async () => {
  const { id } = await create()
  await queue(id, 3000)
  await query("UPDATE webhook_deliveries SET next_at = now() + interval '1 hour'; ANALYZE webhook_deliveries")
  await server.database.pool.query('SET enable_seqscan = off')
  const { sent } = await statementsOf(server, () => claim())
  const statement = sent.find((sql) => sql.includes('FROM webhooks')) ?? ''
  const rows = await query(`EXPLAIN ${statement.replaceAll(/\$\d+/g, '8')}`)
  await server.database.pool.query('RESET enable_seqscan')
  expect(JSON.stringify(rows)).toContain('webhook_deliveries_pending_idx')
})

test('deletes deliveries after seven days, except pending ones', async () => {
  const { id } = await create()
  const insert = (days: number, status: string) =>
    query(`INSERT INTO webhook_deliveries (id, webhook_id, change_id, type, body, status) SELECT
      (lpad(to_hex((extract(epoch FROM now() - interval '${days} days') * 1000)::bigint), 12, '0')
        || '7000${createHash('md5').update(`${days}${status}`).digest('hex').slice(0, 16)}')::uuid,
      '${id}', new_id(), '${days} ${status}', '{}', '${status}'`)
  for (const days of [6, 8]) for (const state of ['PENDING', 'DELIVERED', 'FAILED']) await insert(days, state)
  expect(await deleteOldDeliveries(server.database.db)).toBe(false)
  expect(await query('SELECT type FROM webhook_deliveries ORDER BY type')).toEqual(
    ['6 DELIVERED', '6 FAILED', '6 PENDING', '8 PENDING'].map((type) => ({ type })),
  )
})
