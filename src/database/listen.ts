import { randomUUID } from 'node:crypto'
import type { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { reasonOf } from '../startup-errors.ts'

interface Listener extends AsyncDisposable {
  /** False until a notification was received, and while the connection is down: notifications may be missed. */
  readonly live: boolean
}

/** Calls `onNotify` with the payload of each notification of a channel, and with null whenever some may have been missed. */
export type Listen = (channel: string, onNotify: (payload: string | null) => void) => Listener

const retryMilliseconds = 1000
const unprovenRetryMilliseconds = 60_000
const proofMilliseconds = 2000

/** `onSilence` is called with the reason when no notifications can be received, once until some are received again. */
export const listenOnPostgres =
  (url: string, pool: pg.Pool, onSilence: (reason: string) => void = () => {}): Listen =>
  (channel, onNotify) => {
    let client: pg.Client | null = null
    let live = false
    let silent = false
    let closed = false
    let retry: NodeJS.Timeout | undefined

    const onDisconnect = (broken: pg.Client, retryDelay = retryMilliseconds) => {
      if (client !== broken) return
      client = null
      live = false
      onNotify(null)
      broken.end().catch(() => {})
      if (!closed) retry = setTimeout(connect, retryDelay).unref()
    }
    const reportSilence = (reason: string) => {
      if (!silent) onSilence(reason)
      silent = true
    }
    const connect = async () => {
      const next = createListeningClient(url)
      client = next
      next.on('notification', ({ payload }) => onNotify(payload || null))
      next.on('error', () => onDisconnect(next))
      next.on('end', () => onDisconnect(next))
      try {
        const isProven = await startListening(next, channel, pool)
        if (client !== next) return
        if (!isProven) {
          reportSilence('a notification that was sent through the pool did not arrive')
          return onDisconnect(next, unprovenRetryMilliseconds)
        }
        silent = false
        live = true
        onNotify(null)
      } catch (error) {
        if (!closed) reportSilence(reasonOf(error))
        onDisconnect(next)
      }
    }
    void connect()
    return {
      get live() {
        return live
      },
      async [Symbol.asyncDispose]() {
        closed = true
        clearTimeout(retry)
        const last = client
        client = null
        live = false
        await last?.end().catch(() => {})
      },
    }
  }

/** True if a connection to the URL receives notifications that are sent through the pool. */
export async function canListen(url: string, channel: string, pool: pg.Pool): Promise<boolean> {
  const client = createListeningClient(url)
  client.on('error', () => {})
  try {
    return await startListening(client, channel, pool)
  } finally {
    await client.end()
  }
}

const createListeningClient = (url: string) =>
  new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: 'snaglist listener',
  })

/** Returns false behind a transaction pooler, which accepts LISTEN but delivers no notifications. */
async function startListening(client: pg.Client, channel: string, pool: pg.Pool): Promise<boolean> {
  await client.connect()
  await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
  const proof = randomUUID()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  client.on('notification', ({ payload }) => payload === proof && resolve(true))
  client.once('end', () => resolve(false))
  await pool.query('SELECT pg_notify($1, $2)', [channel, proof])
  const timeout = setTimeout(resolve, proofMilliseconds, false)
  const isProven = await promise
  clearTimeout(timeout)
  // A pooler would leave the channel to the next client of its connection.
  if (!isProven) await client.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`)
  return isProven
}

/**
 * Sends LISTEN through the pool, because a statement of `pglite.listen` could come between two messages of the driver. The
 * session of an embedded database listens until it ends.
 */
export const listenOnEmbedded =
  ({ pglite, pool }: { readonly pglite: PGlite; readonly pool: pg.Pool }): Listen =>
  (channel, onNotify) => {
    let live = false
    const stop = pglite.onNotification((notified, payload) => {
      if (notified === channel) onNotify(payload || null)
    })
    pool.query(`LISTEN ${pg.escapeIdentifier(channel)}`).then(
      () => {
        live = true
        onNotify(null)
      },
      () => {},
    )
    return {
      get live() {
        return live
      },
      async [Symbol.asyncDispose]() {
        live = false
        stop()
      },
    }
  }
