import pg from 'pg'
import { expect } from 'vitest'
import type { TestServer } from './app.ts'

export interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly 'Heap Fetches'?: number
  readonly Plans?: readonly Plan[]
}

interface Statement {
  readonly text: string
  readonly values: unknown[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

const rowsReadBy = (node: Plan) =>
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) *
  node['Actual Loops']

export const rowsRead = (plan: readonly Plan[]) => plan.reduce((sum, node) => sum + rowsReadBy(node), 0)

/** Returns the statements of a request. */
export async function captureStatements({ database: { pool } }: TestServer, ask: () => Promise<unknown>) {
  const statements: Statement[] = []
  const send = pool.query
  pool.query = ((query: Statement, ...others: unknown[]) => {
    if (typeof query === 'object' && !query.text.includes('FROM tokens')) statements.push(query)
    return Reflect.apply(send, pool, [query, ...others])
  }) as typeof send
  await ask().finally(() => {
    pool.query = send
  })
  return statements
}

const literalOf = (value: unknown) => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.map((item) => `"${item}"`).join(',')}}` : String(value))
}

/** Returns the executed scans of tickets in the plan of a request's only statement; `generic` plans it for any values. */
export async function planOf(
  server: TestServer,
  ask: () => Promise<unknown>,
  { generic = false }: { readonly generic?: boolean } = {},
): Promise<Plan[]> {
  const [statement, ...others] = await captureStatements(server, ask)
  expect(others).toEqual([])
  const { text = '', values = [] } = statement ?? {}
  const client = await server.database.pool.connect()
  try {
    await client.query(`SET plan_cache_mode = ${generic ? 'force_generic_plan' : 'force_custom_plan'}`)
    await client.query(`PREPARE explained AS ${text}`)
    const execution = values.length > 0 ? `explained(${values.map(literalOf).join(', ')})` : 'explained'
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE ${execution}`,
    )
    const nodes = rows.flatMap(({ 'QUERY PLAN': [{ Plan: plan }] }) => nodesOf(plan))
    return nodes.filter((node) => node['Relation Name'] === 'tickets' && node['Actual Loops'] > 0)
  } finally {
    await client.query('DEALLOCATE explained; RESET plan_cache_mode')
    client.release()
  }
}
