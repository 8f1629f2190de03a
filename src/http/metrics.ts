import { hash, timingSafeEqual } from 'node:crypto'
import type { Pool } from 'pg'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { bearerToken } from './bearer-token.ts'
import type { PagePlugin } from './page-requests.ts'
import type { RequestSummary } from './request-log.ts'

/** The metrics of a running server, for Prometheus. */
export interface Metrics {
  readonly countRequest: (request: RequestSummary) => void
  /** Counts an execution by its mode: compiled, interpreted, or rerun by the interpreter after an error. */
  readonly countRun: (mode: string) => void
  /** All metrics in Prometheus' text format. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

const namesAtMost = 200
const namesOfOneAtMost = 20
const nameLengthAtMost = 64
/** What is not known by name, or has none. */
const other = 'other'

/** Creates the metrics of a server: of its requests, process and connection pool. Imports are counted in the database. */
export function createMetrics(pool: Pool): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const operations = new Counter({
    name: 'snaglist_operations_total',
    help: 'Operations that were answered, by name and by the code of their first error.',
    labelNames: ['operation', 'code'],
    registers,
  })
  const durations = new Histogram({
    name: 'snaglist_operation_duration_seconds',
    help: 'How long operations took from their arrival to their answer.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  })
  const costs = new Counter({
    name: 'snaglist_operation_cost_points_total',
    help: 'What operations cost, in points.',
    labelNames: ['operation'],
    registers,
  })
  const errors = new Counter({
    name: 'snaglist_errors_total',
    help: 'Errors in answers, by code.',
    labelNames: ['code'],
    registers,
  })
  const requests = new Counter({
    name: 'snaglist_requests_total',
    help: 'Requests that were answered, by status.',
    labelNames: ['status'],
    registers,
  })
  const runs = new Counter({
    name: 'snaglist_operation_runs_total',
    help: 'Executions, by mode: compiled, interpreted, or rerun by the interpreter after an error of the compiled query.',
    labelNames: ['mode'],
    registers,
  })
  new Gauge({
    name: 'snaglist_database_connections',
    help: 'Connections of the pool: in use, idle, and requests that wait for one.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'used' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  new Gauge({
    name: 'snaglist_imports',
    help: 'Imports that are recorded, by what became of them.',
    labelNames: ['outcome'],
    registers,
    async collect() {
      const { rows } = await pool.query<{ outcome: string; count: number }>(importOutcomes).catch(() => ({ rows: [] }))
      this.reset()
      for (const { outcome, count } of rows) this.set({ outcome }, count)
    },
  })

  const names = new Set<string>()
  /** How many names each account has brought. */
  const brought = new Map<string, number>()
  /** Names are the callers' own, and a figure stays for each: those of people with accounts, who have a share each. */
  const nameOf = ({ operation, user, cost }: RequestSummary) => {
    if (!operation || cost === undefined) return other
    if (names.has(operation)) return operation
    const before = (user && brought.get(user)) || 0
    const isRoom = names.size < namesAtMost && before < namesOfOneAtMost
    if (!user || !isRoom || operation.length > nameLengthAtMost) return other
    brought.set(user, before + 1)
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

/** Serves the metrics at /metrics to clients with their token. Without a configured token the path is 404. */
export const useMetrics = (metrics: Metrics | null, token: string | null): PagePlugin => ({
  async onRequest({ url, request, endResponse, fetchAPI }) {
    if (url.pathname !== '/metrics' || !metrics || token === null) return
    const given = bearerToken(request.headers.get('authorization')) ?? ''
    endResponse(
      isSame(given, token)
        ? new fetchAPI.Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } })
        : new fetchAPI.Response(null, { status: 401 }),
    )
  },
})

/** Compares secrets in constant time. */
const isSame = (one: string, another: string) =>
  timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', another, 'buffer'))
