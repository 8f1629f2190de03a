import type { PGlite } from '@electric-sql/pglite'
import pg from 'pg'

/** Hears what the database says on a channel. */
interface Listener extends AsyncDisposable {
  /** Whether all is heard: false until it is connected, and while a connection that broke is made again. */
  readonly live: boolean
}

/** Begins to listen; `heard` is called for each notice, and whenever some may have been missed. */
export type Listen = (channel: string, heard: () => void) => Listener

const retryMilliseconds = 1000

/** Listens on a connection of its own, made again whenever it breaks. */
export const listenOnPostgres =
  (url: string): Listen =>
  (channel, heard) => {
    let client: pg.Client | null = null
    let live = false
    let closed = false
    let retry: NodeJS.Timeout | undefined

    const lost = (broken: pg.Client) => {
      if (client !== broken) return
      client = null
      live = false
      heard()
      broken.end().catch(() => {})
      if (!closed) retry = setTimeout(connect, retryMilliseconds).unref()
    }
    const connect = async () => {
      const next = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: 10_000,
        keepAlive: true,
        application_name: 'snaglist listening',
      })
      client = next
      next.on('notification', heard)
      next.on('error', () => lost(next))
      next.on('end', () => lost(next))
      try {
        await next.connect()
        await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
        live = client === next
        heard()
      } catch {
        lost(next)
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

/** Listens on the embedded database, whose only process this is. */
export const listenOnEmbedded =
  (pglite: PGlite): Listen =>
  (channel, heard) => {
    let live = false
    const stop = pglite.listen(channel, heard).then((unlisten) => {
      live = true
      return unlisten
    })
    return {
      get live() {
        return live
      },
      async [Symbol.asyncDispose]() {
        live = false
        await (await stop)()
      },
    }
  }
