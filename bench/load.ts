import autocannon from 'autocannon'
import type { Sample } from './workload.ts'
import { workloads } from './workloads.ts'

/** Input of the load generator: JSON on standard input. */
export interface LoadOrder {
  readonly workload: string
  readonly server: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly sample: Sample
  readonly seconds: number
  readonly connections: number
  /** Number of the first request, from which its variables are computed. */
  readonly first: number
}

/** Output of the load generator: requests per second, and latencies in milliseconds. */
export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly failed: number
  /** The start of a failed response. */
  readonly example: string | null
  /** Number of the request after the last one. */
  readonly next: number
}

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const order = JSON.parse(Buffer.concat(chunks).toString()) as LoadOrder
const request = workloads.find(({ name }) => name === order.workload)?.servers[order.server]
if (!request) throw new Error(`${order.server} has no ${order.workload}.`)

// Every request has different variables, so that no response cache helps and every patch changes something.
let n = order.first
let example: string | null = null
const result = await autocannon({
  url: order.url,
  connections: order.connections,
  duration: order.seconds,
  headers: { 'content-type': 'application/json', ...order.headers },
  requests: [
    {
      method: 'POST',
      // Fast errors must not count as fast responses.
      onResponse: (_status: number, body: string) => {
        if (body.includes('"errors"')) example ??= body.slice(0, 300)
      },
      setupRequest: (defaults: object) => ({
        ...defaults,
        body: JSON.stringify({ query: request.query, variables: request.variables(order.sample, n++) }),
      }),
    },
  ],
})
const output: LoadResult = {
  requests: result.requests.total,
  perSecond: result.requests.total / result.duration,
  p50: result.latency.p50,
  p99: result.latency.p99,
  failed: result.non2xx + result.errors + (example === null ? 0 : 1),
  example,
  next: n,
}
console.info(JSON.stringify(output))
