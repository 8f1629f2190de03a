import { createHmac, randomBytes } from 'node:crypto'

// Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

const prefix = 'whsec_'
const keyLength = 32

/** Returns a secret: the prefix and a key of 32 random bytes in base64. */
export const createSecret = (): string => prefix + randomBytes(keyLength).toString('base64')

interface SignedMessage {
  readonly id: string
  /** Time of the attempt, so that receivers can reject replays. */
  readonly at: Date
  readonly body: string
}

/** The headers of a message, with a signature by each secret. */
export function signatureHeaders(secrets: readonly string[], { id, at, body }: SignedMessage): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`).join(' '),
  }
}

const sign = (secret: string, text: string) =>
  createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
    .update(text)
    .digest('base64')
