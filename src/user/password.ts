import { compare, hash } from 'bcrypt'
import pLimit from 'p-limit'

// Hashing runs in the thread pool of file and DNS operations.
const limit = pLimit(4)

/** `password` has at most 72 bytes, the limit of bcrypt. Each step of `cost` doubles the time. */
export const hashPassword = (password: string, cost: number): Promise<string> => limit(() => hash(password, cost))

/** Without a hash, for an unknown user, returns false after the same time. */
export async function isPassword(password: string, passwordHash: string | null, cost: number): Promise<boolean> {
  const dummyHash = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  const isEqual = await limit(() => compare(password, passwordHash ?? dummyHash))
  return isEqual && passwordHash !== null && Buffer.byteLength(password) <= 72
}
