import type { DeliveryStatus } from '../../prisma/generated/client.ts'
import { addToCounter } from '../database/counter.ts'
import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { BadUserInput, RateLimited } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import { messageBody } from './message.ts'
import { lockWebhook, readWebhook, withoutFailures } from './webhook.actions.ts'
import { type DeliveryRow, deliveryColumns, type WebhookRow } from './webhook.sql.ts'

const maxTestsPerMinute = 10
export const maxRedeliveries = 10_000

/** Also if the webhook is disabled. Throws RATE_LIMITED, since the endpoint may belong to others. */
export async function queueTest(tx: Transaction, viewer: Viewer, webhookId: string): Promise<DeliveryRow> {
  await lockWebhook(tx, viewer, webhookId)
  const { points, secondsLeft } = await addToCounter(tx, `webhook tests ${webhookId}`, 1, 60)
  if (points > maxTestsPerMinute)
    throw new RateLimited(`The webhook was tested ${maxTestsPerMinute} times in a minute.`, secondsLeft)
  const body = messageBody({ type: 'webhook.test', at: new Date().toISOString(), cursor: null, data: null })
  const [{ row }] = await tx.query<[{ row: string }]>(sql`
    INSERT INTO webhook_deliveries AS d (webhook_id, change_id, type, body)
    VALUES (${webhookId}::uuid, new_id(), 'webhook.test', ${body}) RETURNING ${deliveryColumns.text} AS row`)
  await forgetFailures(tx, webhookId)
  return deliveryColumns.parse(row)
}

/** Otherwise a disabled or failing endpoint would be disabled by the next failure, or wait. */
const forgetFailures = (tx: Transaction, id: string) =>
  tx.prisma.webhook.update({ where: { id }, data: withoutFailures, select: { id: true } })

/** Deliveries by id, or those since a time with a status. */
export type Redelivery =
  | { readonly deliveryIds: readonly string[] }
  | { readonly since: Date; readonly status: DeliveryStatus }

/** Queues deliveries again, with the same id and body: the oldest ones, at most `maxRedeliveries`. Returns their number. */
export async function redeliver(
  tx: Transaction,
  viewer: Viewer,
  webhookId: string,
  redelivery: Redelivery,
): Promise<{ webhook: WebhookRow; count: number }> {
  await lockWebhook(tx, viewer, webhookId)
  const isChosen =
    'since' in redelivery
      ? sql`d.status = ${redelivery.status}::delivery_status AND d.created_at >= ${redelivery.since}::timestamptz`
      : sql`d.id = ANY(${redelivery.deliveryIds}::uuid[])`
  const rows = await tx.query<{ id: string }[]>(sql`
    WITH chosen AS (
      SELECT d.id FROM webhook_deliveries d WHERE d.webhook_id = ${webhookId}::uuid AND ${isChosen}
      ORDER BY d.id LIMIT ${maxRedeliveries} FOR UPDATE)
    UPDATE webhook_deliveries d SET status = 'PENDING', failures = 0, next_at = coalesce(d.leased_until, now())
    FROM chosen WHERE d.id = chosen.id RETURNING d.id`)
  if ('deliveryIds' in redelivery) mustHaveAll(redelivery.deliveryIds, new Set(rows.map(({ id }) => id)))
  await forgetFailures(tx, webhookId)
  return { webhook: await readWebhook(tx, webhookId), count: rows.length }
}

function mustHaveAll(ids: readonly string[], found: ReadonlySet<string>): void {
  const errors = ids.flatMap((id, index) =>
    found.has(id)
      ? []
      : [{ path: `deliveryIds.${index}`, message: 'is not a delivery of this webhook, or no longer stored' }],
  )
  if (errors.length > 0) throw new BadUserInput(errors)
}
