import type { TicketKind } from '../../prisma/generated/client.ts'
import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { raw, sql } from '../database/sql.ts'
import type { Viewer } from '../viewer.ts'
import { assignmentsFrom, labelIds, ticketChanges } from './change.sql.ts'

interface MergeResult {
  readonly createdCount: number
  readonly updatedCount: number
  readonly unchangedCount: number
  readonly sideEffects: SideEffects
}

/** Changes to rows other than tickets, stored for the undo. */
export interface SideEffects {
  readonly lastNumber: number
  readonly terms: readonly { readonly field: string; readonly folded: string }[]
  readonly labels: readonly string[]
}

interface MergeTarget {
  readonly importId: string
  readonly projectId: string
  readonly kind: TicketKind
  readonly at: Date
}

const isMergeableRow = sql`row > 0 AND errors IS NULL`

/**
 * Writes the error-free rows of import_plan in a fixed number of statements. The project must be locked. The history of
 * a new resolved ticket contains the change from OPEN.
 */
export async function mergeRows(tx: BulkTransaction, viewer: Viewer, target: MergeTarget): Promise<MergeResult> {
  const { importId, projectId, kind } = target
  const project = sql`${projectId}::uuid`
  const terms = kind === 'DEFECT' ? await normalizePlannedTerms(tx, projectId) : []
  const labels = await tx.query<{ id: string }[]>(sql`
    INSERT INTO labels (project_id, name, color)
    SELECT DISTINCT ON (lower(given.name)) ${project}, given.name, '#8a8f98' FROM import_plan, jsonb_array_elements_text(labels) AS given(name)
    WHERE ${isMergeableRow} AND NOT EXISTS (SELECT FROM labels l WHERE l.project_id = ${project} AND lower(l.name) = lower(given.name))
    ORDER BY lower(given.name), row RETURNING id`)
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_changes ON COMMIT DROP AS
    SELECT * FROM (
      SELECT p.*, to_jsonb(t) || jsonb_build_object('label_ids', ${labelIds(sql`t.id`)}) AS before,
        ${ticketChanges(sql`t`, sql`p`, projectId)} AS changes
      FROM import_plan p JOIN tickets t ON t.id = p.id WHERE p.row > 0 AND p.errors IS NULL AND NOT p.created) compared
    WHERE changes <> '[]'`)
  const [{ created, matched, lastNumber }] = await tx.query<
    [{ created: number; matched: number; lastNumber: number }]
  >(sql`
    SELECT count(*) FILTER (WHERE created)::integer AS created, count(*) FILTER (WHERE NOT created)::integer AS matched,
      (SELECT last_number FROM projects WHERE id = ${project}) AS "lastNumber" FROM import_plan WHERE ${isMergeableRow}`)
  if (created > 0) await createTickets(tx, viewer, target, lastNumber, created)
  const changed = await changeTickets(tx, viewer, target)
  await tx.query(sql`
    INSERT INTO imported_tickets (import_id, ticket_id, version, before)
    SELECT ${importId}::uuid, t.id, t.version, c.before FROM import_plan p JOIN tickets t ON t.id = p.id
    LEFT JOIN import_changes c ON c.id = p.id WHERE p.row > 0 AND p.errors IS NULL AND (p.created OR c.id IS NOT NULL)`)
  return {
    createdCount: created,
    updatedCount: changed,
    unchangedCount: matched - changed,
    sideEffects: { lastNumber, terms, labels: labels.map(({ id }) => id) },
  }
}

async function createTickets(
  tx: BulkTransaction,
  viewer: Viewer,
  { importId, projectId, kind, at }: MergeTarget,
  lastNumber: number,
  count: number,
): Promise<void> {
  const project = sql`${projectId}::uuid`
  await tx.query(sql`UPDATE projects SET last_number = last_number + ${count} WHERE id = ${project}`)
  await tx.query(sql`
      INSERT INTO tickets (id, project_id, number, kind, title, description, status, resolution, priority, reporter_id,
        assignee_id, version, created_at, updated_at, updated_by_id, resolved_at, archived_at, external_key, category,
        subcategory, absn, reported_by, severity, disposition)
      SELECT id, ${project}, ${lastNumber} + row_number() OVER (ORDER BY row), ${kind}::ticket_kind, title, description, status,
        resolution, priority, reporter_id, assignee_id, CASE WHEN resolution IS NULL THEN 1 ELSE 2 END,
        coalesce(created_at, ${at}::timestamptz), ${at}::timestamptz, CASE WHEN resolution IS NOT NULL THEN ${viewer.id}::uuid END,
        CASE WHEN resolution IS NOT NULL THEN coalesce(resolved_at, ${at}::timestamptz) END, archived_at, external_key,
        category, subcategory, absn, reported_by, severity, disposition
      FROM import_plan WHERE ${isMergeableRow} AND created ORDER BY row`)
  await tx.query(sql`
      INSERT INTO ticket_labels (ticket_id, label_id)
      SELECT p.id, l.id FROM import_plan p, jsonb_array_elements_text(p.labels) AS given(name)
      JOIN labels l ON l.project_id = ${project} AND lower(l.name) = lower(given.name) WHERE p.row > 0 AND p.errors IS NULL AND p.created`)
  await tx.query(sql`
      INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes)
      SELECT id, ${viewer.id}::uuid, coalesce(resolved_at, ${at}::timestamptz), 2, 'IMPORT', ${importId}::uuid,
        jsonb_build_array(jsonb_build_object('field', 'status', 'from', 'OPEN', 'to', status),
          jsonb_build_object('field', 'resolution', 'from', NULL, 'to', resolution))
      FROM import_plan WHERE ${isMergeableRow} AND created AND resolution IS NOT NULL`)
}

async function changeTickets(
  tx: BulkTransaction,
  viewer: Viewer,
  { importId, projectId, at }: MergeTarget,
): Promise<number> {
  const project = sql`${projectId}::uuid`
  const [{ count }] = await tx.query<[{ count: number }]>(sql`
      WITH changed AS (
      UPDATE tickets t SET ${assignmentsFrom('c')},
        resolved_at = CASE WHEN c.resolution IS NOT NULL THEN coalesce(c.resolved_at, ${at}::timestamptz) END,
        version = t.version + 1, updated_at = ${at}::timestamptz, updated_by_id = ${viewer.id}::uuid
      FROM import_changes c WHERE t.id = c.id RETURNING t.id)
      SELECT count(*)::integer AS count FROM changed`)
  if (count === 0) return 0
  await tx.query(sql`
      DELETE FROM ticket_labels tl USING import_changes c, labels l
      WHERE tl.ticket_id = c.id AND l.id = tl.label_id AND c.labels IS NOT NULL
        AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(c.labels) AS given(name) WHERE lower(given.name) = lower(l.name))`)
  await tx.query(sql`
      INSERT INTO ticket_labels (ticket_id, label_id)
      SELECT c.id, l.id FROM import_changes c, jsonb_array_elements_text(c.labels) AS given(name)
      JOIN labels l ON l.project_id = ${project} AND lower(l.name) = lower(given.name) ON CONFLICT DO NOTHING`)
  await tx.query(sql`
      INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes)
      SELECT t.id, ${viewer.id}::uuid, ${at}::timestamptz, t.version, 'IMPORT', ${importId}::uuid, c.changes
      FROM import_changes c JOIN tickets t ON t.id = c.id`)
  return count
}

/**
 * Replaces categories and subcategories in import_plan by the first spelling in the project. Stores and returns new
 * ones.
 */
async function normalizePlannedTerms(tx: BulkTransaction, projectId: string): Promise<SideEffects['terms']> {
  const project = sql`${projectId}::uuid`
  const newTerms = await tx.query<{ field: string; folded: string }[]>(sql`
    INSERT INTO defect_terms (project_id, field, folded, spelling)
    SELECT DISTINCT ON (field, lower(term)) ${project}, field::defect_term_field, lower(term), term
    FROM import_plan, LATERAL (VALUES ('CATEGORY', category), ('SUBCATEGORY', subcategory)) AS given(field, term)
    WHERE ${isMergeableRow} AND term IS NOT NULL ORDER BY field, lower(term), row
    ON CONFLICT DO NOTHING RETURNING field, folded`)
  for (const field of ['category', 'subcategory']) {
    const column = raw(field)
    await tx.query(sql`
      UPDATE import_plan p SET ${column} = known.spelling FROM defect_terms known
      WHERE known.project_id = ${project} AND known.field = ${field.toUpperCase()}::defect_term_field
        AND known.folded = lower(p.${column}) AND known.spelling <> p.${column}`)
  }
  return newTerms
}
