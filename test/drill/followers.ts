import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { ResponseError } from '../support/client.ts'
import { Client } from './client.ts'
import * as documents from './documents.ts'
import { readEvents } from './event-stream.ts'
import { type Batch, type Filter, Follower } from './follower.ts'
import { Ledger } from './ledger.ts'
import type { Load } from './load.ts'
import { createTicket } from './requests.ts'
import type { ServerProcess } from './server-process.ts'

const filters: Readonly<Record<string, Filter>> = {
  'all tickets': { archived: null },
  'open tickets without comments': { status: { eq: 'OPEN' }, commentedAt: { isNull: true } },
}
const pauseMilliseconds = 300
/** A stream is cut after a random time of at most twice this. */
const meanStreamMilliseconds = 2000
const maxCatchUpMilliseconds = 20_000

interface StreamResult {
  readonly data?: { readonly changes: Batch } | null
  readonly errors?: readonly ResponseError[]
}

/** Clients that follow the feed by queries and by streams, whatever happens to their servers. */
export interface Followers {
  /** Waits for the end of the feed, after the load has stopped, and compares all lists with new ones. */
  readonly conclude: () => Promise<{ readonly summary: string; readonly violations: readonly string[] }>
}

/** On each server, a list of all tickets and one with a filter follow the feed by queries, and two more by streams. */
export async function startFollowers(servers: readonly ServerProcess[], load: Load): Promise<Followers> {
  const ledger = new Ledger()
  const clientOf = (server: ServerProcess) => {
    const client = new Client(server, ledger)
    client.token = load.token
    return client
  }
  const controller = new AbortController()
  const pairs = servers.flatMap((server, index) =>
    Object.entries(filters).flatMap(([name, filter]) =>
      Object.entries(ways).map(([way, follow]) => {
        const follower = new Follower(`a list of ${name} on server ${index + 1} that follows by ${way}`, filter)
        return { follower, follow, client: clientOf(server) }
      }),
    ),
  )
  const followers = pairs.map(({ follower }) => follower)
  for (const { follower, client } of pairs) await follower.start(client)
  const all = Promise.all(pairs.map(({ follower, follow, client }) => follow(follower, client, controller.signal)))
  all.catch(() => {}) // `conclude` throws it.
  return {
    async conclude() {
      const [server] = servers as [ServerProcess]
      const writer = new Client(server, load.ledger)
      writer.token = load.token
      const lastId = await createTicket(writer, 'The last ticket')
      const deadline = performance.now() + maxCatchUpMilliseconds
      while (!followers.every((follower) => follower.has(lastId)) && performance.now() < deadline) await wait(20)
      controller.abort()
      await all
      for (const follower of followers) await follower.compare(clientOf(server))
      const counts = followers.map((follower) => follower.changeCount)
      return {
        summary: `${followers.length} lists followed the feed: each received ${Math.min(...counts)} to ${Math.max(...counts)} changes`,
        violations: [...ledger.violations, ...followers.flatMap(({ violations }) => violations)],
      }
    },
  }
}

const ways: Readonly<Record<string, Follow>> = { queries: followByQueries, streams: followByStreams }

type Follow = (follower: Follower, client: Client, stopping: AbortSignal) => Promise<void>

async function followByQueries(follower: Follower, client: Client, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const { filter, cursor } = follower
    const { data } = await client.send(documents.Changes, { filter, after: cursor })
    if (data) follower.apply(data.changes)
    await wait(pauseMilliseconds)
  }
}

async function followByStreams(follower: Follower, { server, token }: Client, stopping: AbortSignal): Promise<void> {
  const query = documents.StreamedChanges.toString()
  while (!stopping.aborted) {
    const { filter, cursor } = follower
    const cut = AbortSignal.timeout(randomInt(2 * meanStreamMilliseconds))
    const signal = AbortSignal.any([stopping, cut])
    const request = { url: server.url, token, query, variables: { filter, after: cursor }, signal }
    try {
      for await (const { data, errors } of readEvents<StreamResult>(request)) {
        if (data) follower.apply(data.changes)
        if (errors && errors[0]?.extensions?.code !== 'UNAVAILABLE')
          follower.violations.push(`a stream ended with ${JSON.stringify(errors)}`)
      }
    } catch {
      await server.waitUntilListening()
    }
    await wait(pauseMilliseconds)
  }
}
