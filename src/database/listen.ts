import type { PGlite } from '@electric-sql/pglite'
import pg from 'pg'

interface Listener extends AsyncDisposable {
  /** False while the connection is not established: notifications may be missed. */
  readonly live: boolean
}

/** Calls `onNotify` for each notification of a channel, and whenever some may have been missed. */
export type Listen = (channel: string, onNotify: () => void) => Listener

const retryMilliseconds = 1000

export const listenOnPostgres =
  (url: string): Listen =>
  (channel, onNotify) => {
    let client: pg.Client | null = null
    let live = false
    let closed = false
    let retry: NodeJS.Timeout | undefined

    const onDisconnect = (broken: pg.Client) => {
      if (client !== broken) return
      client = null
      live = false
      onNotify()
      broken.end().catch(() => {})
      if (!closed) retry = setTimeout(connect, retryMilliseconds).unref()
    }
    const connect = async () => {
      const next = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: 10_000,
        keepAlive: true,
        application_name: 'snaglist listener',
      })
      client = next
      next.on('notification', onNotify)
      next.on('error', () => onDisconnect(next))
      next.on('end', () => onDisconnect(next))
      try {
        await next.connect()
        await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
        live = client === next
        onNotify()
      } catch {
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

export const listenOnEmbedded =
  ({ pglite, failure }: { readonly pglite: PGlite; readonly failure: AbortSignal }): Listen =>
  (channel, onNotify) => {
    let live = false
    const stop = pglite.listen(channel, onNotify).then((unlisten) => {
      live = true
      return unlisten
    })
    return {
      get live() {
        return live
      },
      async [Symbol.asyncDispose]() {
        live = false
        if (!failure.aborted) await (await stop)()
      },
    }
  }
