import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { prepare, query } from './databases.ts'
import { startPeer } from './peers.ts'
import { type Sample, soakChart } from './soak-chart.ts'
import { type Ask, asks, firstProject } from './soak-load.ts'

// A mixed load for half an hour, bad queries and imports included: whether memory grows, handles are left open, or
// answers become slower. What is filed is taken away again, so that it is not the data that grows.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    scale: { type: 'string', default: '20000' },
    /** Requests a second: a load that the server bears easily, since what is looked for grows slowly. */
    rate: { type: 'string', default: '100' },
    results: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const warmUpMinutes = Math.min(5, minutes / 4)
const edgeMinutes = Math.min(5, minutes / 3)
const clients = 8
const metricsPort = 4797

const { url, token, scale } = await prepare(Number(values.scale))
const peer = await startPeer('snaglist', 4796, url, token, { SNAGLIST_METRICS_PORT: String(metricsPort) })

/** The server's figures by their names. */
async function figures(): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

const start = performance.now()
const elapsed = () => (performance.now() - start) / 60_000
const answers: { readonly minute: number; readonly milliseconds: number }[] = []
const samples: Sample[] = []
let running = true
let unexpected = 0

async function client(index: number): Promise<void> {
  const pause = (1000 * clients) / Number(values.rate)
  for (let turn = index; running; turn++) {
    const began = performance.now()
    const chosen: Ask = asks(turn, Math.random(), scale.tickets)
    const { path, headers = {}, body, expects } = chosen
    const response = await fetch(path ? new URL(path, peer.url) : peer.url, {
      method: path ? 'GET' : 'POST',
      headers: { ...peer.headers, ...headers },
      ...(body && { body }),
    })
    const text = await response.text()
    const code = /"code":"(\w+)"/.exec(text)?.[1] ?? 'OK'
    if (!expects.includes(code)) {
      unexpected++
      if (unexpected < 10) console.info(`${code} for ${String(body).slice(0, 200)}: ${text.slice(0, 300)}`)
    }
    const took = performance.now() - began
    if (chosen.timed) answers.push({ minute: elapsed(), milliseconds: took })
    await wait(Math.max(0, pause - took))
  }
}

async function sampler(): Promise<void> {
  while (running) {
    const figure = await figures()
    samples.push({
      minute: elapsed(),
      megabytes: figure('process_resident_memory_bytes') / 1e6,
      heap: figure('nodejs_heap_size_used_bytes') / 1e6,
    })
    await wait(5000)
  }
}

/** Takes away what was filed and said more than half a minute ago. */
async function sweeper(): Promise<void> {
  const mark = await query<{ number: number; now: string }>(
    url,
    `SELECT last_number AS number, now()::text FROM projects WHERE key = '${firstProject}'`,
  )
  const [{ number, now } = { number: 0, now: '' }] = mark
  while (running) {
    await wait(15_000)
    await query(
      url,
      `DELETE FROM tickets USING projects WHERE projects.id = project_id AND projects.key = '${firstProject}'
       AND number > $1 AND tickets.created_at < now() - interval '30 seconds'`,
      [number],
    )
    await query(url, "DELETE FROM comments WHERE created_at BETWEEN $1 AND now() - interval '30 seconds'", [now])
  }
}

const handlesNow = async () => {
  const figure = await figures()
  return { files: figure('process_open_fds'), handles: figure('nodejs_active_handles_total') }
}
const percentile = (from: number, to: number, share: number) => {
  const within = answers.filter(({ minute }) => minute >= from && minute < to).map(({ milliseconds }) => milliseconds)
  return within.sort((a, b) => a - b)[Math.floor(within.length * share)] ?? Number.NaN
}
/** The slope of the line that fits best (least squares), in megabytes a minute. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))]
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  return above / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
}

const before = await handlesNow()
const work = [...Array.from({ length: clients }, (_, index) => client(index)), sampler(), sweeper()]
await wait(minutes * 60_000)
running = false
await Promise.all(work)
// ViewerCache' connections end after five seconds without a request, those to the database after thirty.
await wait(40_000)
const after = await handlesNow()
peer.process.kill()

const warm = samples.filter(({ minute }) => minute >= warmUpMinutes)
const slope = slopeOf(warm.map(({ minute, megabytes }) => [minute, megabytes]))
const heapSlope = slopeOf(warm.map(({ minute, heap }) => [minute, heap]))
const [first, last] = [
  percentile(warmUpMinutes, warmUpMinutes + edgeMinutes, 0.99),
  percentile(minutes - edgeMinutes, minutes, 0.99),
]
const perMinute = Array.from({ length: Math.floor(minutes) }, (_, minute) => percentile(minute, minute + 1, 0.99))
const text = `# Soak: ${minutes} minutes of mixed load

${answers.length} requests at ${values.rate} a second over ${scale.tickets} tickets; ${unexpected} answers that were not expected.

| | got | bar |
|---|---|---|
| memory, slope after ${warmUpMinutes} minutes | ${slope.toFixed(2)} MB a minute (heap ${heapSlope.toFixed(2)}) | < 1 |
| p99, last ${edgeMinutes} minutes against the first after the warm-up | ${last.toFixed(1)} ms against ${first.toFixed(1)}: ${(last / first).toFixed(2)} | ≤ 1.2 |
| open files, before and after | ${before.files}, ${after.files} | no more |
| active handles, before and after | ${before.handles}, ${after.handles} | no more |

![memory and p99](SOAK.svg)
`
console.info(text)
if (values.results) {
  writeFileSync(values.results, text)
  writeFileSync(values.results.replace(/\.md$/, '.svg'), soakChart(samples, perMinute))
}
const leftOpen = after.files > before.files || after.handles > before.handles
if (slope >= 1 || last / first > 1.2 || unexpected > 0 || leftOpen) process.exitCode = 1
