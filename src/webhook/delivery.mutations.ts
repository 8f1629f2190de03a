import { z } from 'zod'
import { atMostItems, id } from '../check.ts'
import { mutation } from '../mutation.ts'
import { write } from '../write.ts'
import { maxRedeliveries, queueTest, redeliver } from './delivery.actions.ts'

mutation('testWebhook', {
  description:
    'Queues a message of type "webhook.test" without data, also for a disabled webhook, at most ten times a minute. Requires MAINTAINER in its project, or ADMIN.',
  inputDescription: 'A webhook to test.',
  payloadDescription: 'The queued message.',
  input: (t) => ({ id: t.id({ required: true, description: 'UUID of the webhook.' }) }),
  rules: { id },
  resolve: async (input, context) => {
    const delivery = await write(context, (tx, viewer) => queueTest(tx, viewer, input.id))
    context.wakeWebhooks()
    return { delivery }
  },
  payload: (t) => ({
    delivery: t.expose('delivery', { type: 'WebhookDelivery', description: 'Queued message, whose attempts follow.' }),
  }),
})

mutation('redeliverWebhook', {
  description: `Queues stored deliveries again, with the same webhook-id and body, also for a disabled webhook. Pass \`deliveryIds\` or \`since\`. Requires MAINTAINER in its project, or ADMIN.`,
  inputDescription: 'Deliveries of a webhook, by id or by time.',
  payloadDescription: 'The webhook and the number of queued deliveries.',
  input: (t) => ({
    id: t.id({ required: true, description: 'UUID of the webhook.' }),
    deliveryIds: t.idList({ description: 'UUIDs of deliveries, at most 1,000. Pending ones are sent immediately.' }),
    since: t.field({
      type: 'DateTime',
      description: `Earliest \`createdAt\`. Queues the oldest ${maxRedeliveries.toLocaleString('en')} deliveries: repeat the mutation if \`queuedCount\` is that many.`,
    }),
    status: t.field({
      type: 'DeliveryStatus',
      description: 'State of the deliveries since that time. Defaults to FAILED.',
    }),
  }),
  rules: { id, deliveryIds: z.array(id).max(1000, atMostItems(1000)).nullable() },
  validate: ({ deliveryIds, since, status }) => [
    ...((deliveryIds == null) === (since == null)
      ? [{ path: 'deliveryIds', message: 'or `since` must be passed, and not both' }]
      : []),
    ...(deliveryIds != null && status != null
      ? [{ path: 'status', message: 'can only be combined with `since`' }]
      : []),
  ],
  work: 500,
  resolve: async ({ id: webhookId, deliveryIds, since, status }, context) => {
    const redelivery = since ? { since, status: status ?? 'FAILED' } : { deliveryIds: deliveryIds ?? [] }
    const result = await write(context, (tx, viewer) => redeliver(tx, viewer, webhookId, redelivery))
    context.wakeWebhooks()
    return result
  },
  payload: (t) => ({
    webhook: t.expose('webhook', { type: 'Webhook', description: 'Webhook with the pending deliveries.' }),
    queuedCount: t.exposeInt('count', { description: 'Number of queued deliveries.' }),
  }),
})
