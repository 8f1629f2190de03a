import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { RunTransaction } from '../database/transaction.ts'
import { failuresBeforeProbes } from './retry-delay.ts'
import { isOwnerPermitted } from './webhook.access.ts'

export interface ClaimedDelivery {
  readonly id: string
  readonly webhookId: string
  readonly changeId: string
  readonly body: string
  /** Failed attempts since it was queued. */
  readonly failures: number
  readonly url: string
  /** Encrypted secrets in base64 that sign the message. */
  readonly secrets: readonly string[]
  readonly isOwnerPermitted: boolean
}

const maxPerEndpoint = 4
/** Longer than an attempt can take. If a server crashes, another one sends its deliveries after this time. */
const lease = sql`interval '60 seconds'`
const isDue = sql`d.status = 'PENDING' AND d.next_at <= now()`

/**
 * Takes the deliveries that are due: of each endpoint at most four that are being sent, or one while it fails, from the
 * endpoint that has waited longest. Without any, it is one statement.
 */
export async function claimDeliveries(
  { db, transaction }: { readonly db: Statements; readonly transaction: RunTransaction },
  limit: number,
): Promise<readonly ClaimedDelivery[]> {
  const dueWebhooks = await db.query<{ id: string }[]>(sql`
    SELECT w.id FROM webhooks w
    WHERE (w.waits_until IS NULL OR w.waits_until <= now())
      AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND ${isDue})
    ORDER BY w.claimed_at NULLS FIRST LIMIT ${Math.ceil(limit / maxPerEndpoint)}`)
  if (dueWebhooks.length === 0) return []
  return transaction(async (tx) => {
    // The deliveries that another server is sending are counted by the next statement, whose snapshot follows the locks.
    const locked = await tx.query<{ id: string }[]>(sql`
      SELECT w.id FROM webhooks w WHERE w.id = ANY(${dueWebhooks.map(({ id }) => id)}::uuid[])
        AND (w.waits_until IS NULL OR w.waits_until <= now()) FOR NO KEY UPDATE SKIP LOCKED`)
    const ids = sql`${locked.map(({ id }) => id)}::uuid[]`
    return tx.query<ClaimedDelivery[]>(sql`
      WITH due AS (
        SELECT due.id FROM webhooks w CROSS JOIN LATERAL (
          SELECT d.id FROM webhook_deliveries d WHERE d.webhook_id = w.id AND ${isDue} ORDER BY d.next_at
          LIMIT greatest(0, CASE WHEN w.failures < ${failuresBeforeProbes} THEN ${maxPerEndpoint} ELSE 1 END - (
            SELECT count(*) FROM webhook_deliveries sent WHERE sent.webhook_id = w.id AND sent.leased_until > now()))
          FOR UPDATE SKIP LOCKED) due
        WHERE w.id = ANY(${ids})),
      turn AS (UPDATE webhooks SET claimed_at = clock_timestamp() WHERE id = ANY(${ids}))
      UPDATE webhook_deliveries d SET leased_until = now() + ${lease}, next_at = now() + ${lease}
      FROM due, webhooks w JOIN users u ON u.id = w.owner_id
      WHERE d.id = due.id AND w.id = d.webhook_id
      RETURNING d.id, d.webhook_id AS "webhookId", d.change_id AS "changeId", d.body, d.failures, w.url,
        array_remove(ARRAY[encode(w.secret, 'base64'),
          CASE WHEN w.previous_secret_until > now() THEN encode(w.previous_secret, 'base64') END], NULL) AS secrets,
        ${isOwnerPermitted} AS "isOwnerPermitted"`)
  })
}

/** Returns a delivery that was not sent. */
export const releaseDelivery = (db: Statements, id: string) =>
  db.query(sql`
    UPDATE webhook_deliveries SET leased_until = NULL, next_at = now() WHERE id = ${id}::uuid AND status = 'PENDING'`)
