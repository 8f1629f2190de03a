import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { openEmbedded } from '../src/database/embedded.ts'
import { cutConnections, lockTickets } from './drill/faults.ts'
import { startLoad } from './drill/load.ts'
import { Served, temporaryDirectory } from './drill/served.ts'
import { brokenRules } from './drill/verify.ts'
import { copyEmbedded, databaseUrl, execute } from './support/databases.ts'

/** How many requests are answered between two faults: the load is in full swing then. */
const many = 150

/** What would break the rules, and the words in which that is told. */
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
    'a bulk moves all or none',
  ],
  [
    'DELETE FROM history WHERE id = (SELECT min(id::text)::uuid FROM history WHERE batch IS NULL)',
    'a version is one more than the rows of history',
  ],
  ['UPDATE projects SET last_number = last_number + 1', 'a project has counted its tickets without gaps'],
  ["UPDATE tickets SET title = 'overwritten'", 'a ticket says what its history says last'],
  ['DELETE FROM ticket_texts', 'what a ticket and its comments say can be searched'],
] as const

test.runIf(inject('postgres') === null)(
  'a server on the embedded database that crashes under load keeps what it acknowledged, and nothing by halves',
  async () => {
    using directory = temporaryDirectory()
    copyEmbedded(directory.path, inject('template'))
    const served = new Served({ SNAGLIST_DATA: directory.path })
    await served.start()
    const { ledger, stop } = await startLoad(served)
    for (let crash = 0; crash < 2; crash++) {
      await ledger.answers(many)
      await served.crash()
    }
    await ledger.answers(many)
    const { code, output } = await served.second()
    expect(output).toMatch(/The embedded database in .* is in use by process \d+ on /)
    expect(code).toBe(1)
    await stop()
    await served[Symbol.asyncDispose]()
    await using embedded = await openEmbedded(directory.path)
    const broken = () => brokenRules(ledger, (sql) => embedded.pool.query(sql))
    expect(await broken()).toEqual([])
    expect(ledger.faults).toEqual([])
    for (const [damage, rule] of damages) {
      await embedded.pool.query(`BEGIN; ${damage}`)
      expect((await broken()).join()).toContain(rule)
      await embedded.pool.query('ROLLBACK')
    }
  },
)

test.runIf(inject('postgres'))(
  'a server on PostgreSQL that crashes, loses its connections or gets none keeps what it acknowledged, and nothing by halves',
  async () => {
    const name = `snaglist_drill_${process.pid}`
    const postgres = inject('postgres') as string
    const url = databaseUrl(postgres, name)
    await execute(postgres, `CREATE DATABASE ${name}`)
    try {
      await using served = new Served({ DATABASE_URL: url })
      await served.start()
      const { ledger, stop } = await startLoad(served)
      for (let crash = 0; crash < 2; crash++) {
        await ledger.answers(many)
        await served.crash()
      }
      await ledger.answers(many)
      await cutConnections(url)
      await ledger.answers(many)
      await lockTickets(url, () => ledger.failures('UNAVAILABLE'))
      await ledger.answers(many)
      await stop()
      expect(served.runs).toBe(true)
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      expect(await brokenRules(ledger, (sql) => client.query(sql)).finally(() => client.end())).toEqual([])
      expect(ledger.faults).toEqual([])
    } finally {
      await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  },
)
