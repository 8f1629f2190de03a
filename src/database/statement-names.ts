import { sql } from './sql.ts'

/** Stands in a fragment whose values decide how it is best run: a statement with it is planned for its values each time. */
export const plannedForValues = sql`/* planned for its values */`

const namesAtMost = 200
const rememberedAtMost = 2000

/**
 * Names statements whose text comes again, so that PostgreSQL parses and plans them once for each connection. There are
 * at most 200 names, since each connection keeps what it has prepared; other statements are sent as they are, and so are
 * those that are `plannedForValues`.
 */
export function statementNames(): (query: { readonly sql: string }) => string | undefined {
  const names = new Map<string, string | undefined>()
  let named = 0
  return ({ sql }) => {
    if (sql.includes(plannedForValues.sql)) return undefined
    const name = names.get(sql)
    if (name || named === namesAtMost) return name
    if (names.has(sql)) names.set(sql, `snaglist_${++named}`)
    else if (names.size < rememberedAtMost) names.set(sql, undefined)
    else forgetUnnamed(names)
    return names.get(sql)
  }
}

function forgetUnnamed(names: Map<string, string | undefined>): void {
  for (const [sql, name] of names) if (!name) names.delete(sql)
}
