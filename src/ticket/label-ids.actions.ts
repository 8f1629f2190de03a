import { empty, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { FieldError } from '../errors.ts'

/** Returns the ids without duplicates, sorted by label name. In a transaction, locks the labels against deletion. */
export async function findProjectLabels(
  db: Statements,
  projectId: string,
  ids: readonly string[],
  errors: FieldError[],
): Promise<string[]> {
  if (ids.length === 0) return []
  const labels = await db.query<{ id: string }[]>(sql`
    SELECT l.id FROM labels l WHERE l.project_id = ${projectId}::uuid AND l.id = ANY(${ids}::uuid[])
    ORDER BY fold_case(l.name) ${db.inTransaction ? sql`FOR KEY SHARE` : empty}`)
  checkLabels(ids, labels, errors)
  return labels.map(({ id }) => id)
}

export function checkLabels(
  ids: readonly string[],
  labels: readonly { readonly id: string }[],
  errors: FieldError[],
): void {
  const known = new Set(labels.map(({ id }) => id))
  ids.forEach((id, index) => {
    if (!known.has(id)) errors.push({ path: `labelIds.${index}`, message: 'is not a label of the project' })
  })
}
