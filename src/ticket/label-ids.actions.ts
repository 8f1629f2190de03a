import { empty, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { FieldError } from '../errors.ts'

/**
 * Returns the ids of labels that exist in a project, in the order of their names and without duplicates. Adds an error for
 * each unknown id. A transaction locks the labels against deletion.
 */
export async function findProjectLabels(
  db: Statements,
  projectId: string,
  ids: readonly string[],
  errors: FieldError[],
): Promise<string[]> {
  if (ids.length === 0) return []
  const labels = await db.query<{ id: string }[]>(sql`
    SELECT l.id FROM labels l WHERE l.project_id = ${projectId}::uuid AND l.id = ANY(${ids}::uuid[])
    ORDER BY lower(l.name) ${db.inTransaction ? sql`FOR KEY SHARE` : empty}`)
  checkLabels(ids, labels, errors)
  return labels.map(({ id }) => id)
}

/** Adds an error for each id that is not among the labels of the project. */
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
