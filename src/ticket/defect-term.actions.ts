import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'

interface Terms {
  readonly category?: string | null | undefined
  readonly subcategory?: string | null | undefined
}

/** Returns terms in the spelling that the project used first, and stores new ones. Omits undefined and null terms. */
export async function normalizeTerms(db: Statements, projectId: string, input: Terms): Promise<Partial<Terms>> {
  const terms = [
    { field: 'CATEGORY', key: 'category', term: input.category },
    { field: 'SUBCATEGORY', key: 'subcategory', term: input.subcategory },
  ].filter(({ term }) => term !== null && term !== undefined)
  if (terms.length === 0) return {}
  // New terms are rolled back together with the ticket.
  if (!db.inTransaction) throw new LostRace()
  const fields = terms.map(({ field }) => field)
  const spellings = terms.map(({ term }) => term)
  await db.query(sql`
    INSERT INTO defect_terms (project_id, field, folded, spelling)
    SELECT ${projectId}::uuid, field, fold_case(spelling), spelling
    FROM unnest(${fields}::defect_term_field[], ${spellings}::text[]) AS input(field, spelling)
    WHERE NOT EXISTS (SELECT FROM defect_terms known
      WHERE known.project_id = ${projectId}::uuid AND known.field = input.field AND known.folded = fold_case(input.spelling))
    ON CONFLICT DO NOTHING`)
  // A separate statement sees the terms of concurrent transactions.
  const rows = await db.query<{ field: string; spelling: string }[]>(sql`
    SELECT known.field, known.spelling FROM defect_terms known
    JOIN unnest(${fields}::defect_term_field[], ${spellings}::text[]) AS input(field, spelling)
      ON known.field = input.field AND known.folded = fold_case(input.spelling)
    WHERE known.project_id = ${projectId}::uuid`)
  return Object.fromEntries(terms.map(({ field, key }) => [key, rows.find((row) => row.field === field)?.spelling]))
}
