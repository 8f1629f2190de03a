import { sql } from './sql.ts'

/** Excludes a statement from preparation: PostgreSQL plans it for its values each time. */
export const customPlan = sql`/* custom plan */`

const maxNames = 200
const maxSeen = 2000

/**
 * Names statements whose text is repeated, so that each connection prepares them once. The number of names is limited,
 * because every connection keeps its prepared statements.
 */
export function createStatementNames(): (query: { readonly sql: string }) => string | undefined {
  const names = new Map<string, string | undefined>()
  let count = 0
  return ({ sql }) => {
    if (sql.includes(customPlan.sql)) return undefined
    const name = names.get(sql)
    if (name || count === maxNames) return name
    if (names.has(sql)) names.set(sql, `snaglist_${++count}`)
    else if (names.size < maxSeen) names.set(sql, undefined)
    else deleteUnnamed(names)
    return names.get(sql)
  }
}

function deleteUnnamed(names: Map<string, string | undefined>): void {
  for (const [sql, name] of names) if (!name) names.delete(sql)
}
