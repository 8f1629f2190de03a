import type { Database } from '../database/open.ts'
import type { CallerToken, Viewer } from '../viewer.ts'
import { findToken, hashOf } from './token.actions.ts'

/** The user of a request and the token that authenticates it. */
interface Caller {
  readonly viewer: Viewer
  readonly token: CallerToken
}

/** Finds callers by the secrets of their tokens. */
export interface Callers extends AsyncDisposable {
  /** Returns the caller with a secret; null if the token is unknown, expired or revoked, or the account is closed. */
  readonly find: (secret: string) => Promise<Caller | null>
  /** Clears the cache, after a change of tokens or accounts. */
  readonly forget: () => void
}

interface CacheEntry extends Caller {
  /** In milliseconds of the epoch. */
  readonly expiresAt: number
}

const maxEntries = 10_000
/** Upper bound on staleness if the listening connection dies silently. */
const maxAgeMilliseconds = 5000

/**
 * Caches callers for a few seconds. A change of a token or an account, by this server or another, clears the cache through
 * NOTIFY. Nothing is cached while the server does not listen.
 */
export function openCallers({ db, listen }: Pick<Database, 'db' | 'listen'>): Callers {
  const entries = new Map<string, CacheEntry>()
  let changes = 0
  const forget = () => {
    changes++
    entries.clear()
  }
  const listener = listen('snaglist_callers', forget)
  return {
    forget,
    async find(secret) {
      const key = hashOf(secret)
      const entry = entries.get(key)
      if (entry && entry.expiresAt > Date.now() && listener.live) return entry
      const before = changes
      const found = await findToken(db, key)
      if (!found) return null
      const { expiresAt, ...caller } = found
      // A change during the lookup may be missing from its result.
      if (listener.live && changes === before) {
        if (entries.size === maxEntries) entries.clear()
        entries.set(key, {
          ...caller,
          expiresAt: Math.min(Date.now() + maxAgeMilliseconds, expiresAt?.getTime() ?? Infinity),
        })
      }
      return caller
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}
