import { hkdfSync } from 'node:crypto'
import { decrypt, encrypt } from '../encryption.ts'
import { NotConfigured } from '../errors.ts'

const keyLength = 32

/** Derives the key from the setting, which may be used for other purposes too. */
const keyOf = (serverSecret: string) =>
  new Uint8Array(hkdfSync('sha256', serverSecret, '', 'secrets of webhooks', keyLength))

/** `serverSecret` is SNAGLIST_SECRET. Throws NOT_CONFIGURED without it. */
export function sealSecret(secret: string, serverSecret: string | null): Uint8Array<ArrayBuffer> {
  if (serverSecret === null) throw new NotConfigured('A webhook', 'SNAGLIST_SECRET')
  return new Uint8Array(encrypt(Buffer.from(secret), keyOf(serverSecret)))
}

/** Null if it was sealed with another SNAGLIST_SECRET. */
export function unsealSecret(sealed: Uint8Array, serverSecret: string | null): string | null {
  if (serverSecret === null) return null
  try {
    return decrypt(sealed, keyOf(serverSecret)).toString()
  } catch {
    return null
  }
}
