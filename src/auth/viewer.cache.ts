import { LRUCache } from 'lru-cache'
import type { Listen } from '../database/listen.ts'
import type { Statements } from '../database/statements.ts'
import type { Authentication, ViewerCache } from '../viewer.ts'
import { findToken, hashOf } from './token.actions.ts'

interface CacheEntry {
  readonly authentication: Authentication
  /** Milliseconds since the epoch. */
  readonly staleAt: number
}

const maxEntries = 10_000
/** Upper bound on staleness if the LISTEN connection dies silently. */
const maxAgeMilliseconds = 5000
const pollMilliseconds = 1000

/**
 * Database triggers notify all servers of changes to tokens and accounts; each notification clears the cache. Without
 * `listen`, and while the LISTEN connection is down, nothing is cached.
 */
export function createViewerCache(db: Statements, listen: Listen | null): ViewerCache {
  const entries = new Map<string, CacheEntry>()
  const knownKeys = new LRUCache<string, true>({ max: maxEntries })
  let changes = 0
  const watchers = new Set<(userId: string | null) => void>()
  const clear = (userId: string | null = null) => {
    changes++
    entries.clear()
    for (const watcher of watchers) watcher(userId)
  }
  const listener = listen?.('snaglist_callers', clear)
  const poll = setInterval(() => isLive() || clear(), pollMilliseconds).unref()
  const isLive = () => listener?.live ?? false
  return {
    clear: () => clear(),
    watch(onChange) {
      watchers.add(onChange)
      return { [Symbol.dispose]: () => void watchers.delete(onChange) }
    },
    addKnown: (secret) => void knownKeys.set(hashOf(secret), true),
    async find(secret, onUnknown) {
      const key = hashOf(secret)
      const entry = entries.get(key)
      if (entry && entry.staleAt > Date.now() && isLive()) return entry.authentication
      if (!knownKeys.has(key)) await onUnknown?.()
      const changesBefore = changes
      const authentication = await findToken(db, key)
      if (!authentication) {
        knownKeys.delete(key)
        return null
      }
      knownKeys.set(key, true)
      // A change during the lookup may be missing from its result.
      if (isLive() && changes === changesBefore) {
        if (entries.size === maxEntries) entries.clear()
        const staleAt = Date.now() + maxAgeMilliseconds
        const expiresAt = authentication.expiresAt?.getTime() ?? Infinity
        entries.set(key, { authentication, staleAt: Math.min(staleAt, expiresAt) })
      }
      return authentication
    },
    async [Symbol.asyncDispose]() {
      clearInterval(poll)
      await listener?.[Symbol.asyncDispose]()
    },
  }
}
