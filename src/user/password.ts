import { compare, hash } from 'bcrypt'
import pLimit from 'p-limit'

// Hashing runs on the threads that files and DNS need too: no more than four at once, the others wait.
const limit = pLimit(4)

/** The bcrypt hash of a password of at most 72 bytes; each step of `cost` doubles the time. */
export const hashPassword = (password: string, cost: number): Promise<string> => limit(() => hash(password, cost))

/**
 * Whether a password is the one of a hash. Without a hash, for an unknown user, the answer is no after the same time.
 */
export async function isPassword(password: string, passwordHash: string | null, cost: number): Promise<boolean> {
  const nobodys = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  // bcrypt ignores what comes after 72 bytes, so no stored password is as long.
  const same = await limit(() => compare(password, passwordHash ?? nobodys))
  return same && passwordHash !== null && Buffer.byteLength(password) <= 72
}
