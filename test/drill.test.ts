import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { openEmbedded } from '../src/database/embedded.ts'
import { lockTickets, terminateConnections } from './drill/failures.ts'
import { startFollowers } from './drill/followers.ts'
import { startLoad } from './drill/load.ts'
import { ServerProcess, temporaryDirectory } from './drill/server-process.ts'
import { findViolations } from './drill/verify.ts'
import { copyEmbedded, databaseUrl, execute } from './support/databases.ts'

/** Successful requests between two failures. */
const requestCount = 60

/** Statements that violate an invariant, and the reported violation. */
const damages = [
  [
    'DELETE FROM comments WHERE id = (SELECT min(id::text)::uuid FROM comments)',
    'acknowledged, but not stored: comment',
  ],
  [
    "INSERT INTO comments (ticket_id, author_id, body) SELECT id, reporter_id, 'stray' FROM tickets LIMIT 1",
    'never acknowledged: comment stray',
  ],
  [
    'DELETE FROM history WHERE id = (SELECT min(id::text)::uuid FROM history WHERE batch IS NOT NULL)',
    'a bulk mutation changes all tickets or none',
  ],
  [
    'DELETE FROM history WHERE id = (SELECT min(id::text)::uuid FROM history WHERE batch IS NULL)',
    'the version of a ticket is the number of its history rows plus 1',
  ],
  ['UPDATE projects SET last_number = last_number + 1', 'the numbers of a project have no gaps'],
  ["UPDATE tickets SET title = 'overwritten'", 'the title of a ticket equals the last title in its history'],
  ['DELETE FROM ticket_texts', 'every text of a ticket and its comments is in the search index'],
  [
    'DELETE FROM changes WHERE ordinal = (SELECT min(ordinal) FROM changes)',
    'the feed contains every new ticket, change of a ticket and comment once',
  ],
  ['UPDATE feed SET last = last + 1', 'the positions of the feed have no gaps'],
] as const

test.runIf(inject('postgres') === null)(
  'a server on the embedded database loses no acknowledged write when it crashes under load',
  async () => {
    using directory = temporaryDirectory()
    copyEmbedded(directory.path, inject('template'))
    const server = new ServerProcess({ SNAGLIST_DATA: directory.path })
    await server.start()
    const load = await startLoad(server)
    const { ledger, stop } = load
    const followers = await startFollowers([server], load)
    await ledger.waitForSuccesses(requestCount)
    await server.crash()
    await ledger.waitForSuccesses(requestCount)
    await stop()
    expect((await followers.conclude()).violations).toEqual([])
    await server[Symbol.asyncDispose]()
    await using embedded = await openEmbedded(directory.path)
    const violations = () => findViolations(ledger, (sql) => embedded.pool.query(sql))
    expect(await violations()).toEqual([])
    expect(ledger.violations).toEqual([])
    for (const [damage, violation] of damages) {
      await embedded.pool.query(`BEGIN; ${damage}`)
      expect((await violations()).join()).toContain(violation)
      await embedded.pool.query('ROLLBACK')
    }
  },
)

test.runIf(inject('postgres'))(
  'a server on PostgreSQL loses no acknowledged write when it crashes or its connections fail under load',
  async () => {
    const name = `snaglist_drill_${process.pid}`
    const postgres = inject('postgres') as string
    const url = databaseUrl(postgres, name)
    await execute(postgres, `CREATE DATABASE ${name}`)
    try {
      await using server = new ServerProcess({ DATABASE_URL: url })
      await server.start()
      const load = await startLoad(server)
      const { ledger, stop } = load
      await using second = new ServerProcess({ DATABASE_URL: url })
      await second.start()
      const followers = await startFollowers([server, second], load)
      await ledger.waitForSuccesses(requestCount)
      await server.crash()
      await ledger.waitForSuccesses(requestCount)
      await terminateConnections(url)
      await ledger.waitForSuccesses(requestCount)
      await lockTickets(url, () => ledger.waitForFailures('UNAVAILABLE'))
      await ledger.waitForSuccesses(requestCount)
      await stop()
      expect((await followers.conclude()).violations).toEqual([])
      expect([server.isRunning, second.isRunning]).toEqual([true, true])
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      expect(await findViolations(ledger, (sql) => client.query(sql)).finally(() => client.end())).toEqual([])
      expect(ledger.violations).toEqual([])
    } finally {
      await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  },
)
