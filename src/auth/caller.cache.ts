import type { Database } from '../database/open.ts'
import type { CallerToken, Viewer } from '../viewer.ts'
import { findToken, hashOf } from './token.actions.ts'

/** Who a request comes from, and the token that says so. */
interface Caller {
  readonly viewer: Viewer
  readonly token: CallerToken
}

/** Tells callers by their tokens. */
export interface Callers extends AsyncDisposable {
  /** The caller whose token a secret is; null when it is none, has expired or was revoked, or its account is closed. */
  readonly find: (secret: string) => Promise<Caller | null>
  /** Looks every caller up again: after a change of tokens or accounts. */
  readonly forget: () => void
}

interface Known extends Caller {
  /** Until when this is taken for true without another look, in milliseconds of the epoch. */
  readonly until: number
}

const knownAtMost = 10_000
/** Bounds what a connection costs that is dead without anybody's notice. */
const knownMilliseconds = 5000

/**
 * Remembers callers for a few seconds. The database says when a token or an account was changed, by this server or
 * another, and all are looked up again; while that cannot be heard, nothing is remembered.
 */
export function openCallers({ db, listen }: Pick<Database, 'db' | 'listen'>): Callers {
  const known = new Map<string, Known>()
  let changes = 0
  const forget = () => {
    changes++
    known.clear()
  }
  const listener = listen('snaglist_callers', forget)
  return {
    forget,
    async find(secret) {
      const key = hashOf(secret)
      const remembered = known.get(key)
      if (remembered && remembered.until > Date.now() && listener.live) return remembered
      const before = changes
      const found = await findToken(db, key)
      if (!found) return null
      const { expiresAt, ...caller } = found
      // What changed while this was looked up may not be in it.
      if (listener.live && changes === before) {
        if (known.size === knownAtMost) known.clear()
        known.set(key, { ...caller, until: Math.min(Date.now() + knownMilliseconds, expiresAt?.getTime() ?? Infinity) })
      }
      return caller
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}
