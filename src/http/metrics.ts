import { hash, timingSafeEqual } from 'node:crypto'
import type { Pool } from 'pg'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { bearerToken } from './bearer-token.ts'
import { isRead, type PagePlugin } from './page-requests.ts'
import type { RequestSummary } from './request-log.ts'
import { reuseResults } from './reuse-results.ts'

export interface Metrics {
  readonly countRequest: (request: RequestSummary) => void
  readonly countRun: (mode: string) => void
  readonly text: () => Promise<string>
  readonly contentType: string
}

const maxNames = 200
const maxNamesPerUser = 20
const maxNameLength = 64
const other = 'other'

/** `countStreams` returns the number of open subscriptions. */
export function createMetrics(pool: Pool, countStreams: () => number): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const operations = new Counter({
    name: 'snaglist_operations_total',
    help: 'Number of operations, by name and code of the first error.',
    labelNames: ['operation', 'code'],
    registers,
  })
  const durations = new Histogram({
    name: 'snaglist_operation_duration_seconds',
    help: 'Duration of operations from the request to the response.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  })
  const costs = new Counter({
    name: 'snaglist_operation_cost_points_total',
    help: 'Cost of operations in points.',
    labelNames: ['operation'],
    registers,
  })
  const errors = new Counter({
    name: 'snaglist_errors_total',
    help: 'Number of errors in results, by code.',
    labelNames: ['code'],
    registers,
  })
  const requests = new Counter({
    name: 'snaglist_requests_total',
    help: 'Number of requests, by status of the response.',
    labelNames: ['status'],
    registers,
  })
  const runs = new Counter({
    name: 'snaglist_operation_runs_total',
    help: 'Number of executions, by mode: compiled, interpreted, or rerun by the interpreter after an error.',
    labelNames: ['mode'],
    registers,
  })
  new Gauge({
    name: 'snaglist_database_connections',
    help: 'Connections of the pool, by state: used or idle; and requests waiting for a connection.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'used' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  const countImports = reuseResults(() =>
    pool.query<{ outcome: string; count: number }>(importOutcomes).catch(() => ({ rows: [] })),
  )
  new Gauge({
    name: 'snaglist_imports',
    help: 'Number of stored imports, by outcome.',
    labelNames: ['outcome'],
    registers,
    async collect() {
      const { rows } = await countImports()
      this.reset()
      for (const { outcome, count } of rows) this.set({ outcome }, count)
    },
  })
  const countDeliveries = reuseResults(() =>
    pool.query<{ state: string; count: number }>(deliveryStates).catch(() => ({ rows: [] })),
  )
  new Gauge({
    name: 'snaglist_webhook_deliveries',
    help: 'Number of stored webhook deliveries that are pending (including those that are sent at the moment), sending or failed.',
    labelNames: ['state'],
    registers,
    async collect() {
      const { rows } = await countDeliveries()
      this.reset()
      for (const { state, count } of rows) this.set({ state }, count)
    },
  })

  new Gauge({
    name: 'snaglist_streams',
    help: 'Number of open subscriptions.',
    registers,
    collect() {
      this.set(countStreams())
    },
  })
  const readFeedLag = reuseResults(() =>
    pool.query<{ seconds: number; webhooks: number }>(feedLag).catch(() => ({ rows: [] })),
  )
  new Gauge({
    name: 'snaglist_feed_lag_seconds',
    help: 'Age of the oldest change without a position. Without readers, changes get positions once a minute.',
    registers,
    async collect() {
      this.set((await readFeedLag()).rows[0]?.seconds ?? 0)
    },
  })
  new Gauge({
    name: 'snaglist_webhook_feed_lag',
    help: 'Number of changes for which no webhook deliveries have been queued yet, if there are webhooks.',
    registers,
    async collect() {
      this.set((await readFeedLag()).rows[0]?.webhooks ?? 0)
    },
  })

  const names = new Set<string>()
  const nameCounts = new Map<string, number>()
  /** Limits the number of label values, which clients choose. */
  const nameOf = ({ operation, user, cost }: RequestSummary) => {
    if (!operation || cost === undefined) return other
    if (names.has(operation)) return operation
    const nameCount = (user && nameCounts.get(user)) || 0
    const isAllowed = names.size < maxNames && nameCount < maxNamesPerUser
    if (!user || !isAllowed || operation.length > maxNameLength) return other
    nameCounts.set(user, nameCount + 1)
    names.add(operation)
    return operation
  }
  return {
    countRun: (mode) => runs.inc({ mode }),
    countRequest(request) {
      requests.inc({ status: String(request.status) })
      for (const code of request.codes ?? []) errors.inc({ code })
      if (request.cost === undefined) return
      const operation = nameOf(request)
      operations.inc({ operation, code: request.codes?.[0] ?? 'OK' })
      durations.observe({ operation }, (performance.now() - request.start) / 1000)
      costs.inc({ operation }, request.cost)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

const importOutcomes = `
  SELECT CASE WHEN undone_at IS NOT NULL THEN 'undone' WHEN dry_run THEN 'dry run'
    WHEN rejected_count > 0 THEN 'with faults' ELSE 'whole' END AS outcome, count(*)::integer AS count
  FROM imports GROUP BY 1`

const feedLag = `
  SELECT coalesce(extract(epoch FROM now() - min(c.at)), 0)::float8 AS seconds,
    (SELECT CASE WHEN EXISTS (SELECT FROM webhooks WHERE enabled) THEN last - coalesce((SELECT position FROM webhook_feed), last) ELSE 0 END FROM feed)::float8 AS webhooks
  FROM changes c WHERE c.position IS NULL`

/** Each count reads a small index. */
const deliveryStates = `
  SELECT 'pending' AS state, count(*)::integer AS count FROM webhook_deliveries WHERE status = 'PENDING'
  UNION ALL SELECT 'sending', count(*)::integer FROM webhook_deliveries WHERE leased_until > now()
  UNION ALL SELECT 'failed', count(*)::integer FROM webhook_deliveries WHERE status = 'FAILED'`

/** Serves /metrics to clients with the token. Without a configured token the path is 404. */
export const useMetrics = (metrics: Metrics | null, token: string | null): PagePlugin => ({
  async onRequest({ url, request, endResponse, fetchAPI }) {
    if (url.pathname !== '/metrics' || !isRead(request.method) || !metrics || token === null) return
    const clientToken = bearerToken(request.headers.get('authorization')) ?? ''
    endResponse(
      isEqualSecret(clientToken, token)
        ? new fetchAPI.Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } })
        : new fetchAPI.Response(null, { status: 401 }),
    )
  },
})

const isEqualSecret = (a: string, b: string) =>
  timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
