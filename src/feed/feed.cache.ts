import type { ChangeSummary } from '../context.ts'
import type { Database } from '../database/open.ts'
import { sql } from '../database/sql.ts'
import { deleteOldChanges, numberChanges, readLastPosition, summarizeChanges } from './feed.actions.ts'

/** Null if the changes are unknown or too many to list. */
type FeedListener = (changes: readonly ChangeSummary[] | null) => void

/** Follows the feed for the readers of this server. */
export interface Feed extends AsyncDisposable {
  /** Call after the server has committed changes. */
  readonly announce: () => void
  /** Calls the listener after new changes have positions, within a second also for those of other servers. */
  readonly follow: (onChanges: FeedListener) => Disposable
}

interface FeedOptions extends Pick<Database, 'db' | 'listen' | 'isShared'> {
  /** Days for which changes are stored. */
  readonly days: number
  readonly onError: (error: unknown) => void
}

const channel = 'snaglist_feed'
/** Changes within this time are numbered together. */
const collectMilliseconds = 25
const announceMilliseconds = 100
/** Notifications may be lost, for example by a pooler. */
const pollMilliseconds = 1000
/** Without readers, changes are numbered for cursors of lists, which otherwise would be followed by many known changes. */
const idleMilliseconds = 60_000
const cleanupMilliseconds = 3_600_000

/**
 * Numbers changes while it has listeners, and otherwise once a minute. Writers do not notify in their transactions, because
 * PostgreSQL serializes the commits of those: `announce` sends at most ten notifications a second, in transactions of their own.
 */
export function createFeed({ db, listen, days, isShared, onError }: FeedOptions): Feed {
  const listeners = new Set<FeedListener>()
  let last: number | null = null
  let run: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let announcement: NodeJS.Timeout | undefined
  let stopListening: (() => PromiseLike<void>) | undefined
  let lastActivity = Date.now()
  let lastCleanup = Date.now()
  let hasUnnumbered = true

  const readChanges = async () => {
    await numberChanges(db)
    const position = await readLastPosition(db)
    if (position === last) return
    // Listeners may have read up to any position before the first run.
    const changes = last === null ? null : await summarizeChanges(db, last, position)
    // The next run repeats a failed one.
    last = position
    for (const listener of listeners) listener(changes)
  }
  const read = () => {
    timer = undefined
    if (listeners.size === 0) return
    // A change after the last statement of this run is announced to the next.
    run = readChanges()
      .catch(onError)
      .finally(() => {
        run = null
      })
  }
  const schedule = () => {
    if (listeners.size === 0 || timer) return
    timer = setTimeout(() => (run ? run.then(read) : read()), collectMilliseconds)
  }
  const notify = async () => {
    clearTimeout(announcement)
    announcement = undefined
    await db.query(sql`SELECT pg_notify(${channel}, '')::text`).catch(onError)
  }
  const scheduleNotification = () => {
    if (isShared) announcement ??= setTimeout(notify, announceMilliseconds).unref()
  }
  const maintain = async () => {
    const now = Date.now()
    if (listeners.size === 0 && hasUnnumbered && now - lastActivity >= idleMilliseconds) {
      lastActivity = now
      hasUnnumbered = false
      await numberChanges(db)
    }
    if (now - lastCleanup >= cleanupMilliseconds) {
      lastCleanup = now
      await deleteOldChanges(db, days)
    }
  }
  const poll = setInterval(() => {
    schedule()
    maintain().catch(onError)
  }, pollMilliseconds).unref()

  return {
    announce() {
      hasUnnumbered = true
      if (listeners.size > 0) schedule()
      else scheduleNotification()
    },
    follow(onChanges) {
      listeners.add(onChanges)
      if (isShared && !stopListening) {
        const listener = listen(channel, schedule)
        stopListening = () => listener[Symbol.asyncDispose]()
      }
      schedule()
      return {
        [Symbol.dispose]() {
          listeners.delete(onChanges)
          if (listeners.size === 0) last = null
        },
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(poll)
      clearTimeout(timer)
      listeners.clear()
      await run
      if (announcement) await notify()
      await stopListening?.()
    },
  }
}
