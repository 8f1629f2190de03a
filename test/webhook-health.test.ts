import { beforeAll, expect, test } from 'vitest'
import { checkWebhooks } from '../src/webhook/webhook-health.loaders.ts'
import { useServer } from './support/app.ts'
import { createTestUsers } from './support/people.ts'
import { createWebhook, testWebhook, webhookSettings } from './support/webhooks.ts'

const server = useServer(webhookSettings)
const check = (secret: string | null = webhookSettings.SNAGLIST_SECRET) => checkWebhooks(server.database.db, secret)
const query = (text: string) => server.database.pool.query(text)

let id: string
beforeAll(async () => {
  const users = await createTestUsers(server)
  expect(await check()).toEqual([])
  ;({ id } = await createWebhook(users.maintainer, 'CORE', { name: 'MES' }))
  await testWebhook(users.maintainer, id)
})

test('doctor passes while all webhooks deliver', async () => {
  expect(await check()).toEqual([{ subject: 'Webhooks', result: 'no stuck deliveries' }])
})

test('doctor names a webhook that delivers nothing, with the reason and a remedy', async () => {
  const subject = 'Webhook "MES" of CORE'
  await query("UPDATE webhook_deliveries SET next_at = now() - interval '11 minutes'")
  expect(await check()).toEqual([
    { subject, result: expect.stringMatching(/^1 deliveries are overdue/), remedy: expect.stringMatching(/^Start/) },
  ])
  await query("UPDATE webhooks SET failing_since = now() - interval '2 hours'")
  expect(await check()).toEqual([
    { subject, result: 'has failed for 2 hours', remedy: expect.stringContaining(`webhook ${id}`) },
  ])
  for (const secret of [null, 'another secret of 32 characters or more'])
    expect(await check(secret)).toEqual([
      {
        subject,
        result: expect.stringContaining('another SNAGLIST_SECRET'),
        remedy: expect.stringContaining('rotateWebhookSecret'),
      },
    ])
  await query("UPDATE webhooks SET enabled = FALSE, disabled_reason = 'It is gone.', project_id = NULL")
  expect(await check()).toEqual([
    {
      subject: 'Webhook "MES" of all projects',
      result: 'disabled. It is gone.',
      remedy: expect.stringContaining('updateWebhook'),
    },
  ])
})
