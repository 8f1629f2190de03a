import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { formatNumber } from '../errors.ts'
import { unsealSecret } from './webhook-secret.actions.ts'

interface WebhookHealth {
  readonly id: string
  readonly name: string
  readonly project: string | null
  /** In base64. */
  readonly secret: string
  readonly disabledReason: string | null
  readonly hoursOfFailures: number | null
  readonly overdueCount: number
}

/** The check failed if there is a remedy. */
interface WebhookCheck {
  readonly subject: string
  readonly result: string
  readonly remedy?: string
}

/** Names the webhooks that deliver nothing. Returns no check if there are no webhooks. */
export async function checkWebhooks(db: Statements, serverSecret: string | null): Promise<readonly WebhookCheck[]> {
  const webhooks = await db.query<WebhookHealth[]>(sql`
    SELECT w.id, w.name, p.key AS project, encode(w.secret, 'base64') AS secret, w.disabled_reason AS "disabledReason",
      floor(extract(epoch FROM now() - w.failing_since) / 3600)::integer AS "hoursOfFailures",
      (SELECT count(*)::integer FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'PENDING'
        AND d.next_at < now() - interval '10 minutes') AS "overdueCount"
    FROM webhooks w LEFT JOIN projects p ON p.id = w.project_id ORDER BY w.id`)
  if (webhooks.length === 0) return []
  const failedChecks = webhooks.flatMap((webhook) => {
    const remedy = findRemedy(webhook, serverSecret)
    return remedy ? [{ subject: `Webhook "${webhook.name}" of ${webhook.project ?? 'all projects'}`, ...remedy }] : []
  })
  return failedChecks.length > 0 ? failedChecks : [{ subject: 'Webhooks', result: 'no stuck deliveries' }]
}

function findRemedy(
  { id, secret, disabledReason, hoursOfFailures, overdueCount }: WebhookHealth,
  serverSecret: string | null,
): Required<Omit<WebhookCheck, 'subject'>> | null {
  if (disabledReason !== null)
    return { result: `disabled. ${disabledReason}`, remedy: `Enable webhook ${id} with updateWebhook, or delete it.` }
  if (unsealSecret(Buffer.from(secret, 'base64'), serverSecret) === null)
    return {
      result: 'its secret was encrypted with another SNAGLIST_SECRET',
      remedy: `Set the previous SNAGLIST_SECRET, or replace the secret of webhook ${id} with rotateWebhookSecret.`,
    }
  if (hoursOfFailures !== null && hoursOfFailures >= 1)
    return {
      result: `has failed for ${hoursOfFailures} hours`,
      remedy: `Read the attempts in the deliveries of webhook ${id}, and fix its endpoint.`,
    }
  if (overdueCount > 0)
    return {
      result: `${formatNumber(overdueCount)} deliveries are overdue by ten minutes or more`,
      remedy: 'Start a server, which sends them, or read its log.',
    }
  return null
}
