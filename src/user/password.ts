import { compare, hash } from 'bcrypt'
import pLimit from 'p-limit'

// Hashing shares the thread pool with files and DNS.
const limit = pLimit(4)

/** Hashes a password of at most 72 bytes with bcrypt. Each step of `cost` doubles the time. */
export const hashPassword = (password: string, cost: number): Promise<string> => limit(() => hash(password, cost))

/** Checks a password against a hash. Without a hash, for an unknown user, returns false after the same time. */
export async function isPassword(password: string, passwordHash: string | null, cost: number): Promise<boolean> {
  const dummyHash = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  // bcrypt ignores bytes after the 72nd, but no stored password is longer.
  const isEqual = await limit(() => compare(password, passwordHash ?? dummyHash))
  return isEqual && passwordHash !== null && Buffer.byteLength(password) <= 72
}
