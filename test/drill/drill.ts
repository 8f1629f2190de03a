import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { openEmbedded } from '../../src/database/embedded.ts'
import { cutConnections, lockTickets } from './faults.ts'
import { type Load, startLoad } from './load.ts'
import { findPrograms, type OwnPostgres, startPostgres } from './postgres.ts'
import { Served, temporaryDirectory } from './served.ts'
import { backAfter, medianBefore } from './speed.ts'
import { brokenRules } from './verify.ts'

const kills = 10
/** Between two requests of a client, in milliseconds: a load that the server bears easily, so that a lack of speed is its own. */
const pauses = { postgres: 160, embedded: 320 }
const secondsBefore = 4
const backWithinSeconds = 5
const fullSpeed = 0.8

let failures = 0
const row = (...cells: readonly (string | number)[]) =>
  console.info(cells.map((cell, n) => String(cell).padEnd([44, 12, 12, 14, 10][n] ?? 0)).join(''))

/** Runs the load for some seconds, strikes, and tells how long it took after the end of the fault to be back at speed. */
async function stage({ ledger }: Load, served: Served, name: string, strike: () => Promise<unknown>): Promise<void> {
  await wait((secondsBefore + 0.5) * 1000)
  const { answeredAt } = ledger
  const before = medianBefore(answeredAt, performance.now(), secondsBefore)
  const [unavailable, lost] = [ledger.count('UNAVAILABLE'), ledger.count('LOST')]
  await strike()
  const end = performance.now()
  let back: number | null = null
  for (; back === null && served.runs && performance.now() - end < 20_000; await wait(100))
    back = backAfter(answeredAt, end, performance.now(), before * fullSpeed)
  const inTime = back !== null && back <= backWithinSeconds * 1000 && served.runs
  if (!inTime) failures++
  row(
    name,
    `${before}/s`,
    back === null ? 'not in 20 s' : `${(back / 1000).toFixed(1)} s`,
    ledger.count('UNAVAILABLE') - unavailable,
    ledger.count('LOST') - lost,
    served.runs ? (inTime ? '' : 'TOO SLOW') : 'THE SERVER ENDED',
  )
  if (!served.runs) await served.crash()
}

async function mustAnswerReady({ url }: Served, expected: number): Promise<void> {
  const { status } = await fetch(`${url}/ready`)
  if (status === expected) return
  failures++
  console.info(`/ready answered ${status} instead of ${expected}.`)
}

async function conclude(served: Served, { ledger }: Load, broken: readonly string[]): Promise<void> {
  const count = (outcome: string) => ledger.writes.filter((write) => write.outcome === outcome).length
  const wrong = [...broken, ...ledger.faults]
  failures += wrong.length
  console.info(
    `${ledger.answeredAt.length} requests answered; of ${ledger.writes.length} writes ${count('acknowledged')} acknowledged, ` +
      `${count('unknown')} unknown, ${count('refused')} refused; the slowest answer took ${(ledger.slowest / 1000).toFixed(1)} s`,
  )
  console.info(wrong.length === 0 ? 'Every rule holds.' : `${wrong.length} rules or answers broken:`)
  for (const what of wrong.slice(0, 20)) console.info(`  ${what}`)
  if (failures === 0) return
  const logged = served.output.split('\n').filter((line) => line !== '' && !line.includes('"msg":"request"'))
  console.info(`The end of the server's log:\n${logged.slice(-40).join('\n')}`)
}

function heading(database: string): void {
  console.info(`\n${database}`)
  row('fault', 'before', 'back after', 'UNAVAILABLE', 'lost', '')
}

async function onPostgres(url: string, postgres: OwnPostgres | null) {
  heading('PostgreSQL')
  await using served = new Served({ DATABASE_URL: url })
  await served.start()
  const load = await startLoad(served, pauses.postgres)
  for (let n = 1; n <= kills; n++) await stage(load, served, `server killed, ${n}`, () => served.crash())
  await stage(load, served, 'connections cut', () => cutConnections(url))
  await stage(load, served, 'tickets locked for 30 s', () => lockTickets(url, () => wait(30_000)))
  if (postgres) {
    for (const seconds of [0, 20])
      await stage(load, served, `PostgreSQL stopped for ${seconds} s`, async () => {
        await postgres.stop()
        await mustAnswerReady(served, 503)
        await wait(seconds * 1000)
        await postgres.start()
        await mustAnswerReady(served, 200)
      })
  }
  await load.stop()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await conclude(served, load, await brokenRules(load.ledger, (sql) => client.query(sql)))
  await client.end()
}

async function onEmbedded(directory: string) {
  heading('The embedded database')
  const served = new Served({ SNAGLIST_DATA: directory })
  await served.start()
  const load = await startLoad(served, pauses.embedded)
  for (let n = 1; n <= kills; n++) await stage(load, served, `server killed, ${n}`, () => served.crash())
  const { code, output } = await served.second()
  const refused = code === 1 && /The embedded database in .* is in use by process \d+ on /.test(output)
  await load.stop()
  await served[Symbol.asyncDispose]()
  await using embedded = await openEmbedded(directory)
  const broken = await brokenRules(load.ledger, (sql) => embedded.pool.query(sql))
  await conclude(served, load, refused ? broken : [...broken, `A second process was not refused: ${output}`])
}

using directory = temporaryDirectory()
const programs = findPrograms()
const given = process.env['DATABASE_URL']
if (programs) {
  await using postgres = await startPostgres(programs, directory.path)
  await onPostgres(postgres.url, postgres)
} else if (given) {
  console.info(
    'There are no programs of PostgreSQL here: it is not stopped in this drill. The database of DATABASE_URL must be empty.',
  )
  await onPostgres(given, null)
} else console.info('There are no programs of PostgreSQL here, and DATABASE_URL names none: that part is left out.')
await onEmbedded(join(directory.path, 'embedded'))
console.info(failures === 0 ? '\nThe drill was passed.' : `\n${failures} failures.`)
process.exitCode = failures === 0 ? 0 : 1
