import type { Logger } from 'pino'
import type { Database } from '../database/open.ts'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { attemptDelivery, type DeliverySettings } from './delivery-attempt.actions.ts'
import { type ClaimedDelivery, claimDeliveries } from './delivery-claim.actions.ts'
import type { FanOut } from './fan-out.actions.ts'
import { deleteOldDeliveries } from './retention.actions.ts'

/** Disposing it ends the attempts in progress after a moment; their deliveries stay pending. */
export interface WebhookWorker extends AsyncDisposable {
  /** Called after a delivery was queued, or a webhook created. */
  readonly wake: () => void
}

interface WorkerOptions {
  readonly database: Pick<Database, 'db' | 'transaction'>
  readonly config: DeliverySettings
  readonly fanOut: FanOut
  /** Calls the listener after each change. Used while there are webhooks. */
  readonly follow: (onChanges: () => void) => Disposable
  readonly log: Logger
  readonly intervalMilliseconds?: number
  readonly graceMilliseconds?: number
}

const maxConcurrentAttempts = 32
const retentionMilliseconds = 3_600_000

async function hasAnyWebhook(db: Statements): Promise<boolean> {
  const [{ exists }] = await db.query<[{ exists: boolean }]>(sql`SELECT EXISTS (SELECT FROM webhooks) AS exists`)
  return exists
}

/** Queues and sends the deliveries of all webhooks, together with the workers of other servers. */
export function startWebhookWorker({
  database,
  config,
  fanOut,
  follow,
  log,
  intervalMilliseconds = 5000,
  graceMilliseconds = 3000,
}: WorkerOptions): WebhookWorker {
  const attempts = new Set<Promise<void>>()
  const stop = new AbortController()
  let stopping = false
  let isWoken = false
  let isFeedRead = false
  let following: Disposable | null = null
  let pendingWork: Promise<void> | null = null

  const attempt = async (delivery: ClaimedDelivery) => {
    try {
      await attemptDelivery(database.db, delivery, config, stop.signal)
    } catch (error) {
      log.error({ err: error, delivery: delivery.id }, 'The result of a webhook delivery was not stored.')
    }
  }
  const claim = async () => {
    const deliveries = await claimDeliveries(database, maxConcurrentAttempts - attempts.size)
    for (const delivery of deliveries) {
      const promise = attempt(delivery).finally(() => {
        attempts.delete(promise)
        run()
      })
      attempts.add(promise)
    }
  }
  const work = async () => {
    if (!(await hasAnyWebhook(database.db))) {
      following?.[Symbol.dispose]()
      following = null
      return
    }
    if (!stopping) following ??= follow(wake)
    if (!isFeedRead) {
      isFeedRead = true
      await fanOut().catch((error: unknown) => log.error({ err: error }, 'Changes for webhooks could not be read.'))
    }
    if (attempts.size < maxConcurrentAttempts) await claim()
  }
  const workWhileWoken = async () => {
    while (isWoken && !stopping) {
      isWoken = false
      await work().catch((error: unknown) => log.error({ err: error }, 'Webhook deliveries could not be claimed.'))
    }
  }
  const run = () => {
    isWoken = true
    pendingWork ??= workWhileWoken().finally(() => {
      pendingWork = null
      // Another call may have preceded this one.
      if (isWoken && !stopping) run()
    })
  }
  const wake = () => {
    isFeedRead = false
    run()
  }
  const deleteOld = async () => {
    try {
      while (!stopping && (await deleteOldDeliveries(database.db)));
    } catch (error) {
      log.error({ err: error }, 'Old webhook deliveries could not be deleted.')
    }
  }
  let retention = deleteOld()
  const timers = [
    setInterval(wake, intervalMilliseconds).unref(),
    setInterval(() => {
      retention = deleteOld()
    }, retentionMilliseconds).unref(),
  ]
  wake()
  return {
    wake,
    async [Symbol.asyncDispose]() {
      stopping = true
      for (const timer of timers) clearInterval(timer)
      following?.[Symbol.dispose]()
      await Promise.all([pendingWork, retention])
      const grace = setTimeout(() => stop.abort(), graceMilliseconds)
      await Promise.all(attempts)
      clearTimeout(grace)
    },
  }
}
