import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'

interface Terms {
  readonly category?: string | null | undefined
  readonly subcategory?: string | null | undefined
}

/**
 * A category and a subcategory as the project first spelled them; a new one is kept as it is spelled here. Both come
 * trimmed, with inner spaces collapsed. Those that are not given stay out, null stays null.
 */
export async function spellTerms<Given extends Terms>(
  db: Statements,
  projectId: string,
  given: Given,
): Promise<Partial<Terms>> {
  const terms = [
    { field: 'CATEGORY', key: 'category', term: given.category },
    { field: 'SUBCATEGORY', key: 'subcategory', term: given.subcategory },
  ].filter(({ term }) => term !== null && term !== undefined)
  if (terms.length === 0) return {}
  // What is kept here must go with the ticket if that is not written.
  if (!db.inTransaction) throw new LostRace()
  const fields = terms.map(({ field }) => field)
  const spellings = terms.map(({ term }) => term)
  await db.query(sql`
    INSERT INTO defect_terms (project_id, field, folded, spelling)
    SELECT ${projectId}::uuid, field, lower(spelling), spelling
    FROM unnest(${fields}::defect_term_field[], ${spellings}::text[]) AS given(field, spelling)
    WHERE NOT EXISTS (SELECT FROM defect_terms known
      WHERE known.project_id = ${projectId}::uuid AND known.field = given.field AND known.folded = lower(given.spelling))
    ON CONFLICT DO NOTHING`)
  // A statement of its own: it sees what a transaction that came first has stored in the meantime.
  const rows = await db.query<{ field: string; spelling: string }[]>(sql`
    SELECT known.field, known.spelling FROM defect_terms known
    JOIN unnest(${fields}::defect_term_field[], ${spellings}::text[]) AS given(field, spelling)
      ON known.field = given.field AND known.folded = lower(given.spelling)
    WHERE known.project_id = ${projectId}::uuid`)
  return Object.fromEntries(terms.map(({ field, key }) => [key, rows.find((row) => row.field === field)?.spelling]))
}
