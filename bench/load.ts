import autocannon from 'autocannon'
import { type Sample, workloads } from './workloads.ts'

/** What one run of the load program is told, as JSON on its standard input. */
export interface LoadOrder {
  readonly workload: string
  readonly server: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly sample: Sample
  readonly seconds: number
  readonly connections: number
}

/** What it prints: requests a second, and latencies in milliseconds. */
export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly failed: number
  /** What a failure looked like. */
  readonly example: string | null
}

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const order = JSON.parse(Buffer.concat(chunks).toString()) as LoadOrder
const asking = workloads.find(({ name }) => name === order.workload)?.servers[order.server]
if (!asking) throw new Error(`${order.server} has no ${order.workload}.`)

// Every request has its own variables, so that no cache of answers helps and no patch repeats itself.
let n = Math.floor(Math.random() * 1_000_000)
let example: string | null = null
const result = await autocannon({
  url: order.url,
  connections: order.connections,
  duration: order.seconds,
  headers: { 'content-type': 'application/json', ...order.headers },
  requests: [
    {
      method: 'POST',
      // A server that answers errors fast must not look fast.
      onResponse: (_status: number, body: string) => {
        if (body.includes('"errors"')) example ??= body.slice(0, 300)
      },
      setupRequest: (request: object) => ({
        ...request,
        body: JSON.stringify({ query: asking.query, variables: asking.variables(order.sample, n++) }),
      }),
    },
  ],
})
const answer: LoadResult = {
  requests: result.requests.total,
  perSecond: result.requests.total / result.duration,
  p50: result.latency.p50,
  p99: result.latency.p99,
  failed: result.non2xx + result.errors + (example === null ? 0 : 1),
  example,
}
console.info(JSON.stringify(answer))
