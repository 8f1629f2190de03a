import type { Config } from '../config.ts'
import type { Statements } from '../database/statements.ts'
import { type PostResult, post } from '../outbound/post.ts'
import { version } from '../version.ts'
import { type ClaimedDelivery, releaseDelivery } from './delivery-claim.actions.ts'
import { recordResult } from './delivery-result.actions.ts'
import { signatureHeaders } from './signature.ts'
import { ownerWithoutPermission } from './webhook.access.ts'
import { disableWebhook } from './webhook.actions.ts'
import { unsealSecret } from './webhook-secret.actions.ts'

export type DeliverySettings = Pick<Config, 'secret' | 'webhookHosts'>

const unknownSecret: PostResult = {
  responseStatus: null,
  responseBody: null,
  error: 'The secret cannot be decrypted, because SNAGLIST_SECRET has changed. Rotate the secret of the webhook.',
  durationMs: 0,
  retryAfter: null,
}

/** Sends a delivery and stores the result. Without a result, because the signal was aborted, it stays pending. */
export async function attemptDelivery(
  db: Statements,
  delivery: ClaimedDelivery,
  { secret, webhookHosts }: DeliverySettings,
  signal: AbortSignal,
): Promise<void> {
  const { id, webhookId, changeId, url, body, secrets: sealedSecrets } = delivery
  if (!delivery.isOwnerPermitted) return void (await disableWebhook(db, webhookId, ownerWithoutPermission))
  const at = new Date()
  const secrets = sealedSecrets
    .map((sealed) => unsealSecret(Buffer.from(sealed, 'base64'), secret))
    .filter((value) => value !== null)
  const result =
    secrets.length === 0
      ? unknownSecret
      : await post(new URL(url), {
          headers: {
            'content-type': 'application/json',
            'user-agent': `Snaglist/${version}`,
            ...signatureHeaders(secrets, { id: changeId, at, body }),
          },
          body,
          permittedHosts: webhookHosts,
          signal,
        })
  if (signal.aborted && result.error !== null) await releaseDelivery(db, id)
  else await recordResult(db, delivery, at, result)
}
