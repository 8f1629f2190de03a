import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { openEmbedded } from '../../src/database/embedded.ts'
import { countTogether } from './counter.ts'
import { lockTickets, terminateConnections } from './failures.ts'
import { type Followers, startFollowers } from './followers.ts'
import { type Load, startLoad } from './load.ts'
import { findPrograms, type OwnPostgres, startPostgres } from './postgres.ts'
import { ServerProcess, temporaryDirectory } from './server-process.ts'
import { medianBefore, recoveryTime } from './speed.ts'
import { findViolations } from './verify.ts'
import { drillWebhooks, type WebhookDrill } from './webhooks.ts'

const kills = 10
/** Mean time between two requests of a client in milliseconds: much less than the capacity of the server. */
const pauses = { postgres: 160, embedded: 320 }
/** The same for the writes that webhooks send. */
const webhookPauses = { postgres: 400, embedded: 1500 }
const baselineSeconds = 4
const maxRecoverySeconds = 5
const recoveredFraction = 0.8

let failures = 0
const row = (...cells: readonly (string | number)[]) =>
  console.info(cells.map((cell, n) => String(cell).padEnd([44, 12, 12, 14, 10][n] ?? 0)).join(''))

/** Measures the load, causes a failure, and prints the time until the load has recovered. */
async function stage(
  { ledger }: Load,
  server: ServerProcess,
  name: string,
  fail: () => Promise<unknown>,
): Promise<void> {
  await wait((baselineSeconds + 0.5) * 1000)
  const { successTimes } = ledger
  const before = medianBefore(successTimes, performance.now(), baselineSeconds)
  const [unavailable, lost] = [ledger.count('UNAVAILABLE'), ledger.count('LOST')]
  await fail()
  const end = performance.now()
  let recovery: number | null = null
  for (; recovery === null && server.isRunning && performance.now() - end < 20_000; await wait(100))
    recovery = recoveryTime(successTimes, end, performance.now(), before * recoveredFraction)
  const inTime = recovery !== null && recovery <= maxRecoverySeconds * 1000 && server.isRunning
  if (!inTime) failures++
  row(
    name,
    `${before}/s`,
    recovery === null ? 'not in 20 s' : `${(recovery / 1000).toFixed(1)} s`,
    ledger.count('UNAVAILABLE') - unavailable,
    ledger.count('LOST') - lost,
    server.isRunning ? (inTime ? '' : 'TOO SLOW') : 'SERVER EXITED',
  )
  if (!server.isRunning) await server.crash()
}

/** Prints the outcome of concurrent increments. */
async function count(servers: readonly ServerProcess[], load: Load): Promise<void> {
  const { summary, violations } = await countTogether(servers, load)
  console.info(summary)
  load.ledger.violations.push(...violations)
}

/** Prints the outcome of the lists that follow the feed. */
async function compareLists(followers: Followers, { ledger }: Load): Promise<void> {
  const { summary, violations } = await followers.conclude()
  console.info(summary)
  ledger.violations.push(...violations)
}

/** Prints the outcome of webhooks. */
async function sendWebhooks(drill: WebhookDrill): Promise<void> {
  const { summary, violations } = await drillWebhooks(drill)
  console.info(summary)
  drill.load.ledger.violations.push(...violations)
}

async function expectReady({ url }: ServerProcess, expected: number): Promise<void> {
  const { status } = await fetch(`${url}/ready`)
  if (status === expected) return
  failures++
  console.info(`/ready returned ${status} instead of ${expected}.`)
}

async function conclude(server: ServerProcess, { ledger }: Load, violations: readonly string[]): Promise<void> {
  const count = (outcome: string) => ledger.writes.filter((write) => write.outcome === outcome).length
  const all = [...violations, ...ledger.violations]
  failures += all.length
  console.info(
    `${ledger.successTimes.length} successful requests; ${ledger.writes.length} writes: ${count('acknowledged')} acknowledged, ` +
      `${count('unknown')} unknown, ${count('rejected')} rejected; slowest response ${(ledger.slowest / 1000).toFixed(1)} s`,
  )
  console.info(all.length === 0 ? 'No violations.' : `${all.length} violations:`)
  for (const violation of all.slice(0, 20)) console.info(`  ${violation}`)
  if (failures === 0) return
  const logged = server.output.split('\n').filter((line) => line !== '' && !line.includes('"msg":"request"'))
  console.info(`The end of the server's log:\n${logged.slice(-40).join('\n')}`)
}

function heading(database: string): void {
  console.info(`\n${database}`)
  row('failure', 'before', 'recovery', 'UNAVAILABLE', 'lost', '')
}

async function onPostgres(url: string, postgres: OwnPostgres | null) {
  heading('PostgreSQL')
  await using server = new ServerProcess({ DATABASE_URL: url })
  await using second = new ServerProcess({ DATABASE_URL: url })
  await server.start()
  await second.start()
  const load = await startLoad(server, pauses.postgres)
  const followers = await startFollowers([server, second], load)
  for (let n = 1; n <= kills; n++) await stage(load, server, `server killed, ${n}`, () => server.crash())
  await stage(load, server, 'connections terminated', () => terminateConnections(url))
  await stage(load, server, 'tickets locked for 30 s', () => lockTickets(url, () => wait(30_000)))
  if (postgres) {
    for (const seconds of [0, 20])
      await stage(load, server, `PostgreSQL stopped for ${seconds} s`, async () => {
        await postgres.stop()
        await expectReady(server, 503)
        await wait(seconds * 1000)
        await postgres.start()
        await expectReady(server, 200)
      })
  }
  await load.stop()
  await compareLists(followers, load)
  await count([server, second], load)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await sendWebhooks({
    servers: [server, second],
    load,
    pause: webhookPauses.postgres,
    execute: (sql) => client.query(sql),
  })
  await conclude(server, load, await findViolations(load.ledger, (sql) => client.query(sql)))
  await client.end()
}

async function onEmbedded(directory: string) {
  heading('Embedded database')
  const server = new ServerProcess({ SNAGLIST_DATA: directory })
  await server.start()
  const load = await startLoad(server, pauses.embedded)
  const followers = await startFollowers([server], load)
  for (let n = 1; n <= kills; n++) await stage(load, server, `server killed, ${n}`, () => server.crash())
  const { code, output } = await server.startSecond()
  const isRejected = code === 1 && /The embedded database in .* is in use by process \d+ on /.test(output)
  await load.stop()
  await compareLists(followers, load)
  await count([server], load)
  const execute = async (sql: string) => {
    await server.crash(async () => {
      await using embedded = await openEmbedded(directory)
      await embedded.pool.query(sql)
    })
    await server.waitUntilListening()
  }
  await sendWebhooks({ servers: [server], load, pause: webhookPauses.embedded, execute })
  await server[Symbol.asyncDispose]()
  await using embedded = await openEmbedded(directory)
  const violations = await findViolations(load.ledger, (sql) => embedded.pool.query(sql))
  await conclude(
    server,
    load,
    isRejected ? violations : [...violations, `a second process was not rejected: ${output}`],
  )
}

using directory = temporaryDirectory()
const programs = findPrograms()
const databaseUrl = process.env['DATABASE_URL']
if (programs) {
  await using postgres = await startPostgres(programs, directory.path)
  await onPostgres(postgres.url, postgres)
} else if (databaseUrl) {
  console.info(
    'PostgreSQL is not installed: the drill uses the empty database of DATABASE_URL and does not stop its server.',
  )
  await onPostgres(databaseUrl, null)
} else console.info('PostgreSQL is not installed and DATABASE_URL is not set: skipping PostgreSQL.')
await onEmbedded(join(directory.path, 'embedded'))
console.info(failures === 0 ? '\nThe drill passed.' : `\n${failures} failures.`)
process.exitCode = failures === 0 ? 0 : 1
