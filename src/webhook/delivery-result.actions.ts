import { type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { PostResult } from '../outbound/post.ts'
import type { ClaimedDelivery } from './delivery-claim.actions.ts'
import { endpointDelay, maxStoredAttempts, retryDelay } from './retry-delay.ts'
import { disableWebhook } from './webhook.actions.ts'

const gone = 410
const maxDaysOfFailures = 3

/** Stores the attempt, schedules the next one, and disables the webhook of an endpoint that is gone. */
export async function recordResult(
  db: Statements,
  delivery: Pick<ClaimedDelivery, 'id' | 'webhookId' | 'failures'>,
  at: Date,
  { retryAfter, ...result }: PostResult,
): Promise<void> {
  const attempts = lastAttempts({ at: at.toISOString(), ...result })
  const { responseStatus: status, error } = result
  if (error === null && status !== null && status >= 200 && status < 300) return recordSuccess(db, delivery, attempts)
  const failure = { status, retryAfter }
  const delay = retryDelay(delivery.failures + 1, failure)
  const [webhook] = await db.query<{ failures: number; isExhausted: boolean }[]>(sql`
    WITH webhook AS (
      UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, now())
      WHERE id = ${delivery.webhookId}::uuid
      RETURNING failures, failing_since < now() - make_interval(days => ${maxDaysOfFailures}) AS "isExhausted"),
    delivery AS (
      UPDATE webhook_deliveries SET attempts = ${attempts}, failures = failures + 1, leased_until = NULL,
        status = CASE WHEN status = 'PENDING' AND ${delay}::float8 IS NULL THEN 'FAILED' ELSE status END,
        next_at = CASE WHEN status = 'PENDING' THEN now() + make_interval(secs => ${delay}::float8) END
      WHERE id = ${delivery.id}::uuid)
    SELECT * FROM webhook`)
  // The webhook was deleted during the attempt.
  if (!webhook) return
  if (status === gone)
    return void (await disableWebhook(db, delivery.webhookId, 'The endpoint responded with status 410 (Gone).'))
  if (webhook.isExhausted)
    return void (await disableWebhook(db, delivery.webhookId, 'The endpoint has failed for three days.'))
  await delayEndpoint(db, delivery.webhookId, endpointDelay(webhook.failures, failure))
}

async function delayEndpoint(db: Statements, id: string, seconds: number): Promise<void> {
  if (seconds === 0) return
  await db.query(sql`
    UPDATE webhooks SET waits_until = greatest(waits_until, now() + make_interval(secs => ${seconds}::float8))
    WHERE id = ${id}::uuid`)
}

/** A delivery that was failed meanwhile, because its webhook was disabled, is delivered nevertheless. */
async function recordSuccess(
  db: Statements,
  { id, webhookId }: Pick<ClaimedDelivery, 'id' | 'webhookId'>,
  attempts: Sql,
): Promise<void> {
  await db.query(sql`
    WITH webhook AS (
      UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = ${webhookId}::uuid AND failures > 0
      RETURNING id)
    UPDATE webhook_deliveries SET attempts = ${attempts}, status = 'DELIVERED', next_at = NULL, leased_until = NULL
    -- The condition is true. It locks the webhook first.
    WHERE id = ${id}::uuid AND (SELECT count(*) FROM webhook) >= 0`)
}

/** The attempts of a delivery and a further one, without the oldest above the limit. */
const lastAttempts = (attempt: object): Sql => sql`(
  SELECT jsonb_agg(attempt ORDER BY number) FROM (
    SELECT attempt, number FROM jsonb_array_elements(attempts || ${JSON.stringify(attempt)}::jsonb)
      WITH ORDINALITY AS all_attempts(attempt, number)
    ORDER BY number DESC LIMIT ${maxStoredAttempts}) last_attempts)`
