import { empty, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { FieldError } from '../errors.ts'
import { isId } from '../reference.ts'

const noLabel = '00000000-0000-0000-0000-000000000000'

/** The ids of labels that ids or names refer to. `project` is an expression for the id of their project. */
export async function resolveLabels(db: Statements, project: Sql, references: readonly string[]): Promise<string[]> {
  const names = references.filter((reference) => !isId(reference))
  if (names.length === 0) return [...references]
  const labels = await db.query<{ name: string; id: string }[]>(sql`
    SELECT given.name, l.id FROM unnest(${names}::text[]) AS given(name)
    JOIN labels l ON l.project_id = ${project} AND fold_case(l.name) = fold_case(given.name)`)
  const ids = new Map(labels.map(({ name, id }) => [name, id]))
  return references.map((reference) => (isId(reference) ? reference : (ids.get(reference) ?? noLabel)))
}

/** Returns the ids without duplicates, sorted by label name. In a transaction, locks the labels against deletion. */
export async function findProjectLabels(
  db: Statements,
  projectId: string,
  references: readonly string[],
  errors: FieldError[],
): Promise<string[]> {
  if (references.length === 0) return []
  const ids = await resolveLabels(db, sql`${projectId}::uuid`, references)
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
