import { compare, hash } from 'bcrypt'
import pLimit from 'p-limit'

/** The limit of bcrypt, which ignores further bytes. */
export const maxPasswordBytes = 72

// Hashing runs in the thread pool of file and DNS operations.
const limit = pLimit(4)

/** `password` has at most `maxPasswordBytes`. Each step of `cost` doubles the time. */
export const hashPassword = (password: string, cost: number): Promise<string> => limit(() => hash(password, cost))

/**
 * Without a hash, for an unknown user, returns false after the same time, as for a password of more than
 * `maxPasswordBytes`, which is not hashed.
 */
export async function isPassword(password: string, passwordHash: string | null, cost: number): Promise<boolean> {
  const isTooLong = Buffer.byteLength(password) > maxPasswordBytes
  const hashedPassword = isTooLong ? '' : password
  const dummyHash = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  const isEqual = await limit(() => compare(hashedPassword, passwordHash ?? dummyHash))
  return isEqual && passwordHash !== null && !isTooLong
}
