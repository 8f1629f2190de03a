import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { emptyDatabase } from './databases.ts'
import { startPeer } from './peers.ts'

// Streams of changes under load: users who each watch the board of their own project in several windows, while tickets of random
// projects change. Prints the time from the change to the client, the memory of a stream, and the duration of reads with and
// without the streams. Requires Linux.
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    groups: { type: 'string', default: '50' },
    /** Changes per second. */
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    port: { type: 'string', default: '4795' },
  },
})
const [streamCount, groupCount, rate, seconds] = [values.streams, values.groups, values.rate, values.seconds].map(
  Number,
) as [number, number, number, number]
const password = 'bench password'

const url = await emptyDatabase('snaglist_bench_live')
const peer = await startPeer('snaglist', Number(values.port), url, '', {
  SNAGLIST_SIGN_UP: 'open',
  SNAGLIST_BCRYPT_COST: '4',
  SNAGLIST_RATE_POINTS: '0',
  SNAGLIST_RATE_REQUESTS: '0',
})

async function send<Data>(token: string | null, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(peer.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

interface Member {
  readonly token: string
  readonly project: string
  readonly issue: string
}

const signUp = `mutation ($username: String!) {
  signUp(input: { username: $username, name: $username, password: "${password}" }) { token } }`
const createProject = 'mutation ($key: String!) { createProject(input: { key: $key, name: $key }) { project { id } } }'
const createIssue = `mutation ($project: ID!) {
  createIssue(input: { projectId: $project, title: "A ticket" }) { issue { id } } }`

async function createMember(index: number): Promise<Member> {
  const { signUp: session } = await send<{ signUp: { token: string } }>(null, signUp, { username: `bench${index}` })
  const project = `LIVE${index}`
  await send(session.token, createProject, { key: project })
  let issue = ''
  for (let count = 0; count < 20; count++) {
    const created = await send<{ createIssue: { issue: { id: string } } }>(session.token, createIssue, { project })
    issue = created.createIssue.issue.id
  }
  return { token: session.token, project, issue }
}

const members: Member[] = []
// The first user is an ADMIN, who sees all projects.
await send(null, signUp, { username: 'administrator' })
for (let index = 0; index < groupCount; index++) members.push(await createMember(index))
const memberOf = (index: number) => members[index % groupCount] as Member

const latencies: number[] = []
let received = 0
const agent = new Agent({ keepAlive: true, maxSockets: Infinity })

const subscription = `subscription ($filter: TicketFilter) { changes(filter: $filter) {
  cursor changes { at type matches ticket { key title status priority assignee { name } } } } }`

/** Opens a stream, and resolves with its first event. */
function openStream({ token, project }: Member): Promise<void> {
  return new Promise((resolve, reject) => {
    const variables = { filter: { project: { eq: project } } }
    const stream = request(peer.url, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
    })
    stream.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`))
      response.setEncoding('utf8').on('data', (text: string) => {
        const now = Date.now()
        for (const [, at] of text.matchAll(/"at":"([^"]+)"/g)) {
          received++
          latencies.push(now - Date.parse(at ?? ''))
        }
        resolve()
      })
    })
    stream.on('error', reject).end(JSON.stringify({ query: subscription, variables }))
  })
}

const residentMegabytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${peer.process.pid}/status`, 'utf8'))?.[1]) / 1024
const percentile = (sorted: readonly number[], fraction: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN
const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)

const update =
  'mutation ($id: ID!, $title: String!) { updateIssue(input: { id: $id, title: $title }) { issue { id } } }'
const list = `query ($filter: TicketFilter) { tickets(first: 20, filter: $filter) { nodes { key title status assignee { name } } } }`

/** Changes tickets at the rate, and returns the durations of reads that are sent meanwhile, one after another. */
async function measureReads(duration: number): Promise<number[]> {
  const end = performance.now() + duration * 1000
  const durations: number[] = []
  const reads = (async () => {
    while (performance.now() < end) {
      const { token, project } = memberOf(durations.length)
      const start = performance.now()
      await send(token, list, { filter: { project: { eq: project } } })
      durations.push(performance.now() - start)
      await wait(10)
    }
  })()
  const pending: Promise<unknown>[] = []
  for (let turn = 0; performance.now() < end; turn++) {
    const { token, issue } = memberOf(Math.floor(Math.random() * groupCount))
    pending.push(send(token, update, { id: issue, title: `Title ${turn}` }))
    await wait(1000 / rate)
  }
  await Promise.all([reads, ...pending])
  return ascending(durations)
}

await measureReads(5)
const alone = await measureReads(seconds)
const before = residentMegabytes()
for (let index = 0; index < streamCount; index += 20)
  await Promise.all(
    Array.from({ length: Math.min(20, streamCount - index) }, (_, n) => openStream(memberOf(index + n))),
  )
await measureReads(5)
const idle = residentMegabytes()
latencies.length = 0
received = 0
const withStreams = await measureReads(seconds)
await wait(1000)
const sorted = ascending(latencies)
const milliseconds = (value: number) => `${value.toFixed(1)} ms`
console.info(`${streamCount} streams in ${groupCount} groups, ${rate} changes a second for ${seconds} s: ${received} events
change to client: p50 ${percentile(sorted, 0.5)} ms, p95 ${percentile(sorted, 0.95)} ms, p99 ${percentile(sorted, 0.99)} ms, max ${sorted.at(-1)} ms
memory: ${before.toFixed(0)} MB before, ${idle.toFixed(0)} MB with the streams, ${residentMegabytes().toFixed(0)} MB at the end: ${((residentMegabytes() - before) / streamCount).toFixed(2)} MB a stream
reads without streams: p50 ${milliseconds(percentile(alone, 0.5))}, p95 ${milliseconds(percentile(alone, 0.95))}
reads with streams: p50 ${milliseconds(percentile(withStreams, 0.5))}, p95 ${milliseconds(percentile(withStreams, 0.95))}: ${(percentile(withStreams, 0.5) / percentile(alone, 0.5)).toFixed(2)} and ${(percentile(withStreams, 0.95) / percentile(alone, 0.95)).toFixed(2)} times as long`)
agent.destroy()
peer.process.kill()
