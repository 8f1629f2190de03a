import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16

/** Encrypts with AES-256-GCM and a random nonce (NIST SP 800-38D). The key has 32 bytes. */
export function encrypt(plaintext: Uint8Array, key: Uint8Array): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, key, nonce)
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** Throws if the data was changed, or encrypted with another key. */
export function decrypt(data: Uint8Array, key: Uint8Array): Buffer {
  const decipher = createDecipheriv(algorithm, key, data.subarray(0, nonceLength))
  decipher.setAuthTag(data.subarray(nonceLength, nonceLength + tagLength))
  return Buffer.concat([decipher.update(data.subarray(nonceLength + tagLength)), decipher.final()])
}
