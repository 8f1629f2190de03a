import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { prepare, query } from './databases.ts'
import { startPeer } from './peers.ts'
import { type Sample, soakChart } from './soak-chart.ts'
import { firstProject, requestOfTurn, type SoakRequest } from './soak-load.ts'

// Half an hour of mixed load, with invalid requests and imports: checks that memory, handles and response times do not
// grow. New rows are deleted, so that the data does not grow.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    scale: { type: 'string', default: '20000' },
    /** Requests per second: a moderate load, because leaks grow slowly. */
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

/** Reads the metrics of the server. */
async function readMetrics(): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

const start = performance.now()
const elapsed = () => (performance.now() - start) / 60_000
const responseTimes: { readonly minute: number; readonly milliseconds: number }[] = []
const samples: Sample[] = []
let running = true
let unexpected = 0

async function client(index: number): Promise<void> {
  const pause = (1000 * clients) / Number(values.rate)
  for (let turn = index; running; turn++) {
    const start = performance.now()
    const request: SoakRequest = requestOfTurn(turn, Math.random(), scale.tickets)
    const { path, headers = {}, body, expects } = request
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
    const duration = performance.now() - start
    if (request.timed) responseTimes.push({ minute: elapsed(), milliseconds: duration })
    await wait(Math.max(0, pause - duration))
  }
}

async function sampleMemory(): Promise<void> {
  while (running) {
    const metric = await readMetrics()
    samples.push({
      minute: elapsed(),
      megabytes: metric('process_resident_memory_bytes') / 1e6,
      heap: metric('nodejs_heap_size_used_bytes') / 1e6,
    })
    await wait(5000)
  }
}

/** Deletes tickets and comments older than 30 seconds. */
async function deleteOldRows(): Promise<void> {
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

const readHandles = async () => {
  const metric = await readMetrics()
  return { files: metric('process_open_fds'), handles: metric('nodejs_active_handles_total') }
}
const percentile = (from: number, to: number, fraction: number) => {
  const within = responseTimes
    .filter(({ minute }) => minute >= from && minute < to)
    .map(({ milliseconds }) => milliseconds)
  return within.sort((a, b) => a - b)[Math.floor(within.length * fraction)] ?? Number.NaN
}
/** Slope of the least-squares line, in megabytes per minute. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))]
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  return above / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
}

const before = await readHandles()
const work = [...Array.from({ length: clients }, (_, index) => client(index)), sampleMemory(), deleteOldRows()]
await wait(minutes * 60_000)
running = false
await Promise.all(work)
// Idle client connections close after five seconds, database connections after thirty.
await wait(40_000)
const after = await readHandles()
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

${responseTimes.length} requests at ${values.rate} per second over ${scale.tickets} tickets; ${unexpected} unexpected responses.

| | measured | limit |
|---|---|---|
| memory, slope after ${warmUpMinutes} minutes | ${slope.toFixed(2)} MB per minute (heap ${heapSlope.toFixed(2)}) | < 1 |
| p99, last ${edgeMinutes} minutes compared with the first after the warm-up | ${last.toFixed(1)} ms, first ${first.toFixed(1)}: ${(last / first).toFixed(2)} | ≤ 1.2 |
| open files, before and after | ${before.files}, ${after.files} | no increase |
| active handles, before and after | ${before.handles}, ${after.handles} | no increase |

![memory and p99](SOAK.svg)
`
console.info(text)
if (values.results) {
  writeFileSync(values.results, text)
  writeFileSync(values.results.replace(/\.md$/, '.svg'), soakChart(samples, perMinute))
}
const hasLeaks = after.files > before.files || after.handles > before.handles
if (slope >= 1 || last / first > 1.2 || unexpected > 0 || hasLeaks) process.exitCode = 1
