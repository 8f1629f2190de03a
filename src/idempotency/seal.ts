import { deserialize, serialize } from 'node:v8'
import { decrypt, encrypt } from '../encryption.ts'

/** Encrypts a value, since results may contain tokens. Returns base64. */
export const seal = (value: unknown, secret: Buffer): string => encrypt(serialize(value), secret).toString('base64')

export const unseal = (base64: string, secret: Buffer): unknown =>
  deserialize(decrypt(Buffer.from(base64, 'base64'), secret))
