import { compare, hash } from 'bcrypt'
import pLimit, { type LimitFunction } from 'p-limit'
import { Unavailable } from '../errors.ts'
import { passwordCandidates } from './password.rules.ts'

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
 * Without a hash, for an unknown user, returns false after the same time as for a wrong password, as for one of more
 * than `maxPasswordBytes`, which is not hashed. Hashes twice if the password is not in the form of new ones.
 */
export async function isPassword(password: string, passwordHash: string | null, cost: number): Promise<boolean> {
  const candidates = passwordCandidates(password)
  const dummyHash = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  return runInTurn(compareLimit, async () => {
    for (const candidate of candidates.length > 0 ? candidates : [''])
      if (await compare(candidate, passwordHash ?? dummyHash)) return passwordHash !== null && candidates.length > 0
    return false
  })
}
