import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { sql } from '../database/sql.ts'

export const previewSize = 20

/** The first rows of a merge with their effects, as a JSON array of ImportPreviewRow. */
export async function previewOf(tx: BulkTransaction): Promise<string> {
  const [{ preview }] = await tx.query<[{ preview: string }]>(sql`
    SELECT coalesce(jsonb_agg(to_jsonb(shown) ORDER BY shown.row), '[]')::text AS preview FROM (
      SELECT p.row, CASE WHEN p.errors IS NOT NULL THEN 'REJECT' WHEN p.created THEN 'CREATE'
          WHEN c.id IS NULL THEN 'KEEP' ELSE 'UPDATE' END AS action,
        p.kind, p.external_key AS "externalKey", p.title, p.status,
        CASE WHEN c.before IS NULL THEN '[]' ELSE c.changes END AS changes
      FROM import_plan p LEFT JOIN import_changes c ON c.id = p.id
      WHERE p.row > 0 ORDER BY p.row LIMIT ${previewSize}) shown`)
  return preview
}
