import { LRUCache } from 'lru-cache'
import type { Listen } from '../database/listen.ts'
import type { Statements } from '../database/statements.ts'
import type { Authentication, ViewerCache } from '../viewer.ts'
import { findToken, hashOf } from './token.actions.ts'

interface CacheEntry extends Authentication {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const maxEntries = 10_000
/** Upper bound on staleness if the LISTEN connection dies silently. */
const maxAgeMilliseconds = 5000

/**
 * Database triggers notify all servers of changes to tokens and accounts; each notification clears the cache. Without
 * `listen`, and while the LISTEN connection is down, nothing is cached.
 */
export function createViewerCache(db: Statements, listen: Listen | null): ViewerCache {
  const entries = new Map<string, CacheEntry>()
  const knownKeys = new LRUCache<string, true>({ max: maxEntries })
  let changes = 0
  const clear = () => {
    changes++
    entries.clear()
  }
  const listener = listen?.('snaglist_callers', clear)
  const isLive = () => listener?.live ?? false
  return {
    clear,
    isKnown: (secret) => knownKeys.has(hashOf(secret)),
    addKnown: (secret) => void knownKeys.set(hashOf(secret), true),
    async find(secret) {
      const key = hashOf(secret)
      const entry = entries.get(key)
      if (entry && entry.expiresAt > Date.now() && isLive()) return entry
      const changesBefore = changes
      const token = await findToken(db, key)
      if (!token) {
        knownKeys.delete(key)
        return null
      }
      knownKeys.set(key, true)
      const { expiresAt, ...authentication } = token
      // A change during the lookup may be missing from its result.
      if (isLive() && changes === changesBefore) {
        if (entries.size === maxEntries) entries.clear()
        const staleAt = Date.now() + maxAgeMilliseconds
        entries.set(key, { ...authentication, expiresAt: Math.min(staleAt, expiresAt?.getTime() ?? Infinity) })
      }
      return authentication
    },
    [Symbol.asyncDispose]: async () => listener?.[Symbol.asyncDispose](),
  }
}
