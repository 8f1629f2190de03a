import { setTimeout as wait } from 'node:timers/promises'
import type { CreateWebhookInput, DrillWebhooksQuery } from '../generated/graphql.ts'
import { Client } from './client.ts'
import * as documents from './documents.ts'
import type { Load } from './load.ts'
import { type Behavior, behaviors, Recorder } from './receivers.ts'
import { writeAny } from './requests.ts'
import type { ServerProcess } from './server-process.ts'

const clientCount = 8
const undisturbedMilliseconds = 6000
const kills = 4
/** Less than the 15 seconds of an attempt at a hanging receiver, more than the 5 seconds in which workers poll. */
const maxDelayMilliseconds = 10_000
const maxPhaseMilliseconds = 30_000
/** Time without deliveries after which those that wait for minutes, or for the lease of a killed server, are made due. */
const patienceMilliseconds = 5000

const allTypes: CreateWebhookInput['types'] = ['TICKET_CREATED', 'TICKET_UPDATED', 'COMMENT_ADDED']

export interface WebhookDrill {
  readonly servers: readonly ServerProcess[]
  /** Must have stopped. */
  readonly load: Load
  /** Mean time between two writes of a client in milliseconds: each becomes up to ten deliveries. */
  readonly pause: number
  /** Runs a statement while servers are running or stopped. */
  readonly execute: (sql: string) => Promise<unknown>
}

/**
 * Sends changes to receivers that behave well and badly: first undisturbed, when each message must be sent once and soon,
 * then while servers are killed, when each must be sent at least once.
 */
export async function drillWebhooks({
  servers,
  load,
  pause,
  execute,
}: WebhookDrill): Promise<{ readonly summary: string; readonly violations: readonly string[] }> {
  await using resources = new AsyncDisposableStack()
  const recorders = behaviors.map((behavior) => resources.use(new Recorder(behavior)))
  const accepting = recorders.filter(({ behavior }) => behavior.acceptance !== 'NEVER')
  const prompt = recorders.filter(({ behavior }) => behavior.acceptance === 'PROMPT')
  const clients = servers.map((server) => clientOf(server, load))
  const [client] = clients as [Client]
  for (const recorder of recorders) await createWebhook(client, recorder)
  const { tickets } = await client.ask(documents.FeedEnd, {})
  const readExpected = async (of: readonly Recorder[]) => {
    for (const server of servers) await server.waitUntilListening()
    return Promise.all(of.map(({ behavior }) => readFeed(client, behavior, tickets.changesCursor)))
  }
  const haveAccepted = (of: readonly Recorder[], expected: readonly ReadonlySet<string>[]) =>
    of.every(({ accepted }, index) => expected[index]?.isSubsetOf(accepted))

  await writeDuring({ servers, load, pause }, () => wait(undisturbedMilliseconds))
  const undisturbed = await readExpected(prompt)
  await waitUntil(() => haveAccepted(prompt, undisturbed), maxPhaseMilliseconds)
  for (const [index, recorder] of prompt.entries()) {
    compare(recorder, undisturbed[index] ?? new Set())
    for (const [id, count] of recorder.receptions) if (count > 1) recorder.report(`${id} was sent ${count} times`)
    if (recorder.slowest > maxDelayMilliseconds) recorder.report(`a message was sent after ${recorder.slowest} ms`)
  }
  const slowest = Math.max(...prompt.map((recorder) => recorder.slowest))

  await writeDuring({ servers, load, pause }, () => killWhileSending(servers, recorders))
  const expected = await readExpected(accepting)
  const names = accepting.map(({ behavior }) => `'${behavior.name}'`).join()
  const acceptedCount = () => accepting.reduce((sum, { accepted }) => sum + accepted.size, 0)
  for (const end = performance.now() + maxPhaseMilliseconds; performance.now() < end; ) {
    if (await waitWhileIncreasing(() => haveAccepted(accepting, expected), acceptedCount)) break
    await execute(`WITH chosen AS (UPDATE webhooks SET waits_until = NULL WHERE name IN (${names}) RETURNING id)
      UPDATE webhook_deliveries d SET next_at = now(), leased_until = NULL FROM chosen
      WHERE d.webhook_id = chosen.id AND d.status = 'PENDING'`)
  }
  for (const [index, recorder] of accepting.entries()) compare(recorder, expected[index] ?? new Set())
  for (const server of servers) await server.waitUntilListening()
  checkStates((await client.ask(documents.Webhooks, {})).webhooks.nodes, recorders)
  const counts = accepting.map(({ receptions }) => receptions.size)
  const repeated = accepting.flatMap(({ receptions }) => [...receptions.values()].filter((count) => count > 1)).length
  return {
    summary:
      `${recorders.length} webhooks on ${servers.length} server${servers.length === 1 ? '' : 's'}, killed ${kills} times: ` +
      `${accepting.length} received ${Math.min(...counts)} to ${Math.max(...counts)} messages each, ${repeated} of them ` +
      `repeatedly; slowest without failures ${(slowest / 1000).toFixed(1)} s`,
    violations: recorders.flatMap(({ violations }) => violations),
  }
}

function clientOf(server: ServerProcess, { ledger, token }: Load): Client {
  const client = new Client(server, ledger)
  client.token = token
  return client
}

async function createWebhook(client: Client, recorder: Recorder): Promise<void> {
  const { name, types, kind } = recorder.behavior
  const input: CreateWebhookInput = {
    projectId: 'DRILL',
    name,
    url: await recorder.start(),
    types: types ?? allTypes,
    filter: kind ? { kind } : null,
    query: '{ type matches ticket { key title status labels { name } } }',
  }
  recorder.secret = (await client.ask(documents.CreateWebhook, { input })).createWebhook.secret
}

/** The ids of the changes that a webhook selects. */
async function readFeed(client: Client, { types, kind }: Behavior, after: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for (let cursor = after; ; ) {
    const variables = { filter: kind ? { kind } : null, types: types ?? allTypes, after: cursor }
    const { changes } = await client.ask(documents.Feed, variables)
    for (const { id } of changes.changes) ids.add(id)
    if (changes.caughtUp) return ids
    cursor = changes.cursor
  }
}

/** Changes tickets on all servers until the work has ended. */
async function writeDuring(
  { servers, load, pause }: Pick<WebhookDrill, 'servers' | 'load' | 'pause'>,
  work: () => Promise<unknown>,
): Promise<void> {
  let stopping = false
  const write = async (client: Client) => {
    while (!stopping) {
      await writeAny(client, load.stock)
      await wait(Math.random() * 2 * pause)
    }
  }
  const writers = Array.from({ length: clientCount }, (_, n) =>
    write(clientOf(servers[n % servers.length] as ServerProcess, load)),
  )
  await work().finally(() => {
    stopping = true
  })
  await Promise.all(writers)
}

/** Kills one server after another while a receiver has not yet responded. */
async function killWhileSending(servers: readonly ServerProcess[], recorders: readonly Recorder[]): Promise<void> {
  const slow = recorders.find(({ behavior }) => behavior.name === 'slow')
  for (let n = 0; n < kills; n++) {
    const server = servers[n % servers.length] as ServerProcess
    await Promise.race([slow?.waitForRequest(), wait(maxDelayMilliseconds)])
    await server.crash()
    await server.waitUntilListening()
    await wait(500)
  }
}

async function waitUntil(isTrue: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await wait(50)) if (isTrue()) return true
  return isTrue()
}

/** Returns false if the count has not increased for some time. */
async function waitWhileIncreasing(isTrue: () => boolean, count: () => number): Promise<boolean> {
  for (let previous = -1; count() > previous; ) {
    previous = count()
    if (await waitUntil(isTrue, patienceMilliseconds)) return true
  }
  return false
}

function compare(recorder: Recorder, expected: ReadonlySet<string>): void {
  const lost = expected.difference(recorder.accepted)
  const unexpected = recorder.accepted.difference(expected)
  if (lost.size > 0) recorder.report(`${lost.size} changes were not delivered, such as ${[...lost][0]}`)
  if (unexpected.size > 0)
    recorder.report(`${unexpected.size} messages were not expected, such as ${[...unexpected][0]}`)
}

function checkStates(webhooks: DrillWebhooksQuery['webhooks']['nodes'], recorders: readonly Recorder[]): void {
  for (const recorder of recorders) {
    const { name, acceptance } = recorder.behavior
    const webhook = webhooks.find((node) => node.name === name)
    const isGone = name === 'gone'
    const expectedReason = isGone ? 'The endpoint responded with status 410 (Gone).' : null
    if (recorder.receptions.size === 0) recorder.report('no message was sent')
    if (webhook?.enabled === isGone || webhook?.disabledReason !== expectedReason)
      recorder.report(`its state is ${JSON.stringify(webhook)}`)
    if (acceptance === 'NEVER' && webhook?.delivered.totalCount !== 0) recorder.report('a message was delivered')
  }
}
