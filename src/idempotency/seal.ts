import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16

/** Encrypts a value with AES-256-GCM and a random nonce (NIST SP 800-38D), since results may contain tokens. */
export function seal(value: unknown, secret: Buffer): string {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, secret, nonce)
  const text = Buffer.concat([cipher.update(serialize(value)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
}

export function unseal(base64: string, secret: Buffer): unknown {
  const data = Buffer.from(base64, 'base64')
  const decipher = createDecipheriv(algorithm, secret, data.subarray(0, nonceLength))
  decipher.setAuthTag(data.subarray(nonceLength, nonceLength + tagLength))
  return deserialize(Buffer.concat([decipher.update(data.subarray(nonceLength + tagLength)), decipher.final()]))
}
