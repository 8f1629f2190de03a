import { compare, hash } from 'bcrypt'
import pLimit, { type LimitFunction } from 'p-limit'
import { Unavailable } from '../errors.ts'
import { maxPasswordBytes } from './user.rules.ts'

// Hashing runs in the four threads for file and DNS operations. New passwords must not delay sign-ins.
const hashLimit = pLimit(1)
const compareLimit = pLimit(3)
const maxPending = 100

function runInTurn<Result>(limit: LimitFunction, work: () => Promise<Result>): Promise<Result> {
  if (limit.pendingCount >= maxPending)
    throw new Unavailable('Too many passwords are being checked. Try again in a moment.')
  return limit(work)
}

/** `password` has at most `maxPasswordBytes`. Each step of `cost` doubles the time. */
export const hashPassword = async (password: string, cost: number): Promise<string> =>
  runInTurn(hashLimit, () => hash(password, cost))

/**
 * Without a hash, for an unknown user, returns false after the same time, as for a password of more than
 * `maxPasswordBytes`, which is not hashed.
 */
export async function isPassword(password: string, passwordHash: string | null, cost: number): Promise<boolean> {
  const isTooLong = Buffer.byteLength(password) > maxPasswordBytes
  const hashedPassword = isTooLong ? '' : password
  const dummyHash = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  const isEqual = await runInTurn(compareLimit, () => compare(hashedPassword, passwordHash ?? dummyHash))
  return isEqual && passwordHash !== null && !isTooLong
}
