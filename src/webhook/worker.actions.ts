import type { Logger } from 'pino'
import type { Database } from '../database/open.ts'
import { attemptDelivery, type DeliverySettings } from './delivery-attempt.actions.ts'
import { type ClaimedDelivery, claimDeliveries } from './delivery-claim.actions.ts'
import { deleteOldDeliveries } from './retention.actions.ts'

/** Disposing it ends the attempts in progress after a moment; their deliveries stay pending. */
export interface WebhookWorker extends AsyncDisposable {
  /** Looks for deliveries that are due. Called after one was queued. */
  readonly wake: () => void
}

interface WorkerOptions {
  readonly database: Pick<Database, 'db' | 'transaction'>
  readonly config: DeliverySettings
  readonly log: Logger
  readonly intervalMilliseconds?: number
  readonly graceMilliseconds?: number
}

const maxConcurrentAttempts = 32
const retentionMilliseconds = 3_600_000

/** Sends the deliveries of all webhooks, together with the workers of other servers. */
export function startWebhookWorker({
  database,
  config,
  log,
  intervalMilliseconds = 5000,
  graceMilliseconds = 3000,
}: WorkerOptions): WebhookWorker {
  const attempts = new Set<Promise<void>>()
  const stop = new AbortController()
  let stopping = false
  let isWoken = false
  let run: Promise<void> | null = null

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
        wake()
      })
      attempts.add(promise)
    }
  }
  const runWhileWoken = async () => {
    while (isWoken && !stopping) {
      isWoken = false
      if (attempts.size < maxConcurrentAttempts)
        await claim().catch((error: unknown) => log.error({ err: error }, 'No webhook deliveries could be claimed.'))
    }
  }
  const wake = () => {
    isWoken = true
    run ??= runWhileWoken().finally(() => {
      run = null
      // Another call may have preceded this one.
      if (isWoken && !stopping) wake()
    })
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
      await Promise.all([run, retention])
      const grace = setTimeout(() => stop.abort(), graceMilliseconds)
      await Promise.all(attempts)
      clearTimeout(grace)
    },
  }
}
