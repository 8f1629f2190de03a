import { pino } from 'pino'
import { beforeAll, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { startWebhookWorker } from '../src/webhook/worker.actions.ts'
import { useServer } from './support/app.ts'
import { copyDatabase } from './support/environment.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'
import { startReceiver } from './support/receiver.ts'
import { send, signUp } from './support/settings.ts'
import { createWebhook, webhookSettings } from './support/webhooks.ts'

const settings = { ...webhookSettings, SNAGLIST_WEBHOOK_HOSTS: '127.0.0.1' } as const
const server = useServer(settings)
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const query = async (text: string) => (await server.database.pool.query(text)).rows
const startWorker = (graceMilliseconds = 3000) =>
  startWebhookWorker({
    ...server,
    follow: server.app.follow,
    fanOut: async () => {},
    log: pino({ level: 'silent' }),
    graceMilliseconds,
  })

async function queue(url: string, count: number): Promise<void> {
  const { id } = await createWebhook(users.maintainer, 'CORE', { url })
  await query(`INSERT INTO webhook_deliveries (webhook_id, change_id, type, body)
    SELECT '${id}', new_id(), 'webhook.test', '{}' FROM generate_series(1, ${count})`)
}

test('two workers send all deliveries once', async () => {
  await using receiver = await startReceiver()
  await queue(receiver.url, 50)
  {
    await using _first = startWorker()
    await using _second = startWorker()
    await receiver.waitFor(50)
  }
  expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(50)
  expect(receiver.requests).toHaveLength(50)
  expect(await query('SELECT status, count(*)::integer FROM webhook_deliveries GROUP BY 1')).toEqual([
    { status: 'DELIVERED', count: 50 },
  ])
})

test('a hanging endpoint does not delay others', async () => {
  await using hanging = await startReceiver(() => {})
  await using receiver = await startReceiver()
  await queue(hanging.url, 8)
  await queue(receiver.url, 8)
  await using _worker = startWorker(0)
  await receiver.waitFor(8)
  expect(hanging.requests.length).toBeLessThanOrEqual(4)
})

test('a stopping worker returns the deliveries that were not sent', async () => {
  await query('DELETE FROM webhooks')
  await using hanging = await startReceiver(() => {})
  await queue(hanging.url, 6)
  {
    await using _worker = startWorker(0)
    await hanging.waitFor(4)
  }
  expect(
    await query(`SELECT DISTINCT status, leased_until, next_at <= now() AS due, attempts FROM webhook_deliveries`),
  ).toEqual([{ status: 'PENDING', leased_until: null, due: true, attempts: [] }])
  expect(hanging.requests).toHaveLength(4)
})

test('a server sends tests and changes as soon as they are committed', async () => {
  await using receiver = await startReceiver()
  await using database = await copyDatabase()
  const env = { NODE_ENV: 'test', PORT: '0', SNAGLIST_BCRYPT_COST: '4', ...settings, ...database.env }
  await using started = await startServer(readConfig(env), pino({ level: 'silent' }))
  const token = await signUp(started, 'ada')
  const ask = <Data>(text: string) => send<Data>(started, text, token)
  await ask('mutation { createProject(input: { key: "CORE", name: "Core" }) { project { id } } }')
  const { createWebhook } = await ask<{ createWebhook: { webhook: { id: string } } }>(
    `mutation { createWebhook(input: { projectId: "CORE", name: "W", url: "${receiver.url}", types: [TICKET_CREATED],
      query: "{ type }" }) { webhook { id } } }`,
  )
  await ask(`mutation { testWebhook(input: { id: "${createWebhook.webhook.id}" }) { delivery { id } } }`)
  await receiver.waitFor(1)
  await ask('mutation { createIssue(input: { projectId: "CORE", title: "New" }) { issue { id } } }')
  await receiver.waitFor(2)
  expect(receiver.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'webhook.test', data: null },
    { type: 'ticket.created', data: { type: 'TICKET_CREATED' } },
  ])
})
