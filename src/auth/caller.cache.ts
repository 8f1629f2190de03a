import type { Listen } from '../database/listen.ts'
import type { Statements } from '../database/statements.ts'
import type { Caller, Callers } from '../viewer.ts'
import { findToken, hashOf } from './token.actions.ts'

interface CacheEntry extends Caller {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const maxEntries = 10_000
/** Upper bound on staleness if the LISTEN connection dies silently. */
const maxAgeMilliseconds = 5000

/**
 * Finds callers, cached for a few seconds. The database notifies of changes of tokens and accounts, by any server, which
 * empty the cache. While notifications cannot be received, and without `listen`, nothing is cached.
 */
export function createCallers(db: Statements, listen: Listen | null): Callers {
  const entries = new Map<string, CacheEntry>()
  let changes = 0
  const forget = () => {
    changes++
    entries.clear()
  }
  const listener = listen?.('snaglist_callers', forget)
  const isLive = () => listener?.live ?? false
  return {
    forget,
    async find(secret) {
      const key = hashOf(secret)
      const cached = entries.get(key)
      if (cached && cached.expiresAt > Date.now() && isLive()) return cached
      const changesBefore = changes
      const found = await findToken(db, key)
      if (!found) return null
      const { expiresAt, ...caller } = found
      // A change during the lookup may be missing from its result.
      if (isLive() && changes === changesBefore) {
        if (entries.size === maxEntries) entries.clear()
        const age = Date.now() + maxAgeMilliseconds
        entries.set(key, { ...caller, expiresAt: Math.min(age, expiresAt?.getTime() ?? Infinity) })
      }
      return caller
    },
    [Symbol.asyncDispose]: async () => listener?.[Symbol.asyncDispose](),
  }
}
