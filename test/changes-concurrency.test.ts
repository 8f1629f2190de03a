import fc from 'fast-check'
import { pino } from 'pino'
import { beforeAll, expect, inject, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { type Database, openDatabase } from '../src/database/open.ts'
import type { Statements } from '../src/database/statements.ts'
import { numberChanges } from '../src/feed/feed.actions.ts'
import { updateTicket } from '../src/ticket/ticket-update.actions.ts'
import type { Viewer } from '../src/viewer.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import {
  advanceToEnd,
  everyTicket,
  type Filter,
  type Follower,
  listTickets,
  startFollower,
} from './support/feed-followers.ts'
import { runWriter, sharedTicketCount, writes } from './support/feed-writers.ts'
import { waitForLock } from './support/locks.ts'
import { createIssue, createProject, createTestUsers } from './support/people.ts'

/** The embedded database has one connection: an open transaction blocks all other statements. */
const onPostgres = inject('postgres') !== null
const writerCount = 4
/** Filters of readers. Changes of the tickets, and comments, decide whether a ticket satisfies the last ones. */
const filters: readonly Filter[] = [
  everyTicket,
  everyTicket,
  { status: { eq: 'OPEN' } },
  { title: { in: ['one', 'Shared'] }, status: { notIn: ['CLOSED'] }, commentedAt: { isNull: true } },
]

const server = useServer()
let viewer: Viewer
let ids: readonly string[]

/** Two servers, on PostgreSQL each with connections of its own. */
let servers: readonly { readonly database: Database; readonly client: Client }[]
const serverAt = (index: number) => servers[index % servers.length] as (typeof servers)[number]

beforeAll(async () => {
  const { maintainer } = await createTestUsers(server)
  viewer = { id: maintainer.id, username: 'maintainer', name: 'maintainer', role: 'MEMBER' }
  // A new ticket locks its project until the end of the transaction, so each writer has its own.
  for (let writer = 0; writer < writerCount; writer++) await createProject(maintainer, `OWN${writer}`)
  const issues: string[] = []
  for (let n = 0; n < sharedTicketCount; n++) issues.push((await createIssue(maintainer, 'CORE', 'Shared')).id)
  ids = issues.sort()
  const url = String(server.database.pool.options.connectionString)
  const database = onPostgres ? await openDatabase({ url, dataDirectory: '', poolSize: 10 }) : server.database
  const { config, viewerCache } = server
  const app = createApp({ config, database, viewerCache, log: pino({ level: 'silent' }) })
  servers = [
    { database: server.database, client: maintainer },
    { database, client: new Client(app, maintainer.token) },
  ]
  return async () => {
    await app.dispose()
    if (onPostgres) await database[Symbol.asyncDispose]()
  }
})

const idOf = (index: number) => ids[index] as string

/** Uses one server, and reads from the other. */
const writeAt = (plan: Parameters<typeof runWriter>[1], index: number) =>
  runWriter(
    {
      database: serverAt(index).database,
      viewer,
      ids,
      project: `OWN${index}`,
      read: async () => {
        if (onPostgres)
          await startFollower(serverAt(index + 1).client, everyTicket).then((follower) => follower.advance())
      },
    },
    plan,
  )

/** Readers on both servers follow the feed during the work, from many positions, then to its end. */
async function followDuring(work: Promise<unknown>): Promise<readonly Follower[]> {
  const followers: Follower[] = []
  let isRunning = true
  const follow = async (filter: Filter, index: number) => {
    while (isRunning) {
      const follower = await startFollower(serverAt(index).client, filter)
      followers.push(follower)
      for (let n = 0; n < 3 && isRunning; n++) await follower.advance(1 + index)
    }
  }
  const following = Promise.all(filters.map(follow))
  const end = () => {
    isRunning = false
  }
  await Promise.all([following, work.finally(end)])
  await Promise.all(followers.map(advanceToEnd))
  return followers
}

interface StoredChange {
  readonly id: string
  readonly position: number
  readonly ticket: string
  readonly version: number | null
}

async function readFeed(): Promise<readonly StoredChange[]> {
  const { rows } = await server.database.pool.query<StoredChange>(
    'SELECT id, position::integer AS position, ticket_id AS ticket, version FROM changes ORDER BY position',
  )
  return rows
}

function expectConsecutive(feed: readonly StoredChange[]): void {
  expect(feed.map(({ position }) => position)).toEqual(feed.map((_, index) => index + 1))
  const byTicket = Map.groupBy(
    feed.filter(({ version }) => version !== null),
    (change) => change.ticket,
  )
  for (const changes of byTicket.values())
    expect(changes.map(({ version }) => version)).toEqual(changes.map((_, index) => index + 1))
}

async function expectUpToDate(...followers: readonly Follower[]): Promise<void> {
  for (const [filter, group] of Map.groupBy(followers, (follower) => follower.filter)) {
    const tickets = await listTickets(serverAt(0).client, filter)
    for (const follower of group) expect(follower.tickets).toEqual(tickets)
  }
}

test('lists that follow the feed equal new lists after concurrent transactions, and receive each change once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(...Array<typeof writes>(writerCount).fill(writes)), async (plans) => {
      const first = await startFollower(serverAt(0).client, everyTicket)
      await advanceToEnd(first)
      const [known, { length }] = [first.received.length, await readFeed()]
      const followers = await followDuring(Promise.all(plans.map(writeAt)))
      await advanceToEnd(first)
      const feed = await readFeed()
      expectConsecutive(feed)
      const changeIds = feed.map(({ id }) => id)
      expect(first.received.slice(known)).toEqual(changeIds.slice(length))
      for (const { filter, received } of followers)
        if (filter === everyTicket) expect(received).toEqual(changeIds.slice(changeIds.length - received.length))
      await expectUpToDate(first, ...followers)
    }),
    { numRuns: 5, endOnFailure: true },
  )
})

const retitle = (db: Statements, index: number, title: string) =>
  updateTicket(db, viewer, { id: idOf(index), patch: { title } })

test.runIf(onPostgres)('a change follows those that were numbered while its transaction was open', async () => {
  const { database, client } = serverAt(0)
  const follower = await startFollower(client, everyTicket)
  await advanceToEnd(follower)
  const { length } = follower.received
  await database.transaction(async (tx) => {
    await retitle(tx, 0, 'Committed second')
    await retitle(database.db, 1, 'Committed first')
    await advanceToEnd(follower)
    expect(follower.received).toHaveLength(length + 1)
  })
  await advanceToEnd(follower)
  expect(follower.received).toHaveLength(length + 2)
  await expectUpToDate(follower)
})

test.runIf(onPostgres)('a reader that waits for another one numbers only the remaining changes', async () => {
  const { database, client } = serverAt(0)
  const follower = await startFollower(client, everyTicket)
  await advanceToEnd(follower)
  const other = await database.pool.connect()
  try {
    await database.transaction(async (tx) => {
      await retitle(tx, 2, 'Numbered second')
      await retitle(database.db, 1, 'Numbered first')
      await other.query('BEGIN; SELECT number_changes(100)')
    })
    const numbering = numberChanges(database.db)
    await waitForLock(database.pool)
    await other.query('COMMIT')
    await numbering
  } finally {
    other.release()
  }
  await advanceToEnd(follower)
  expect((await readFeed()).slice(-2).map((change) => change.ticket)).toEqual([idOf(1), idOf(2)])
  await expectUpToDate(follower)
})
