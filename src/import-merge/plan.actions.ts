import type { TicketKind } from '../../prisma/generated/client.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { sql } from '../database/sql.ts'
import type { FileHeader } from '../import-file/row.parser.ts'
import { assignableUsers } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import { isDone, rowErrors } from './check.sql.ts'

/**
 * Derives the temporary table import_plan from import_rows: the state of each ticket after the import, with the errors that
 * depend on stored data. `created` marks new tickets; other rows belong to the ticket with the external key.
 */
export async function planRows(
  tx: BulkTransaction,
  projectId: string,
  kind: TicketKind,
  viewer: Viewer,
  header: FileHeader,
  createLabels: boolean,
): Promise<void> {
  const project = sql`${projectId}::uuid`
  const errors = rowErrors(header, kind, createLabels)
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_plan ON COMMIT DROP AS
    SELECT r.row, nullif(${errors}, '[]') AS errors, t.id IS NULL AS created, coalesce(t.id, new_id()) AS id,
      r.external_key, coalesce(r.title, t.title, r.first_line) AS title, coalesce(r.description, t.description) AS description,
      coalesce(r.status, t.status, 'OPEN') AS status,
      CASE WHEN ${isDone} THEN coalesce(r.resolution, t.resolution, 'FIXED') END AS resolution,
      coalesce(r.priority, t.priority, 'MEDIUM') AS priority,
      coalesce(reporter.id, t.reporter_id, ${viewer.id}::uuid) AS reporter_id,
      coalesce(assignee.id, t.assignee_id) AS assignee_id, r.labels,
      coalesce(r.created_at, t.created_at)::timestamptz(3) AS created_at,
      CASE WHEN ${isDone} THEN coalesce(r.resolved_at, t.resolved_at) END::timestamptz(3) AS resolved_at,
      coalesce(r.archived_at, t.archived_at)::timestamptz(3) AS archived_at,
      coalesce(r.category, t.category) AS category, coalesce(r.subcategory, t.subcategory) AS subcategory,
      coalesce(r.absn, t.absn) AS absn,
      ${kind === 'DEFECT' ? sql`coalesce(r.reported_by, t.reported_by, ${viewer.name}::text)` : sql`NULL::text`} AS reported_by,
      ${kind === 'DEFECT' ? sql`coalesce(r.severity, t.severity, 'MAJOR')` : sql`NULL::severity`} AS severity,
      coalesce(r.disposition, t.disposition) AS disposition
    FROM (SELECT *, CASE WHEN external_key IS NOT NULL THEN first_value(row) OVER (PARTITION BY external_key ORDER BY row) END AS first_row
      FROM import_rows) r
    LEFT JOIN tickets t ON t.project_id = ${project} AND t.external_key = r.external_key
    LEFT JOIN users reporter ON reporter.username = r.reporter
    LEFT JOIN LATERAL (SELECT u.id FROM users u
      WHERE u.username = r.assignee AND (u.id = t.assignee_id OR (${assignableUsers(projectId)}))) assignee ON r.assignee IS NOT NULL
    LEFT JOIN LATERAL (SELECT string_agg(given.name, '; ') AS unknown FROM jsonb_array_elements_text(r.labels) AS given(name)
      WHERE NOT EXISTS (SELECT FROM labels l WHERE l.project_id = ${project} AND lower(l.name) = lower(given.name))) labelled
      ON r.labels IS NOT NULL
    -- Ids are generated after the sort, in the order of the rows.
    ORDER BY r.row`)
  await tx.query(sql`ANALYZE import_plan`)
}
