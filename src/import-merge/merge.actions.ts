import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { raw, sql } from '../database/sql.ts'
import { recordInFeed } from '../feed/feed.sql.ts'
import type { Viewer } from '../viewer.ts'
import { eventCount, labelIds, ticketChanges } from './change.sql.ts'
import { dateStatusChanges, updateTickets, writeHistory, writeLabels } from './write.actions.ts'

export interface MergeResult {
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

export interface MergeTarget {
  readonly importId: string
  readonly projectId: string
  readonly at: Date
}

const isMergeableRow = sql`row > 0 AND errors IS NULL`

/** Rows of import_plan that change tickets, in the form of `TicketChanges`. */
const changedRows = sql`(SELECT p.*, c.before, c.changes, coalesce(c.event_count, 0) AS event_count
  FROM import_plan p LEFT JOIN import_changes c ON c.id = p.id
  WHERE p.row > 0 AND p.errors IS NULL AND (p.created OR c.id IS NOT NULL))`

/**
 * Writes the error-free rows of import_plan in a fixed number of statements, and creates the temporary table
 * import_changes with the history of the tickets. The project must be locked. The history of a new resolved ticket
 * contains the change from OPEN.
 */
export async function mergeRows(tx: BulkTransaction, viewer: Viewer, target: MergeTarget): Promise<MergeResult> {
  const { importId, projectId } = target
  const project = sql`${projectId}::uuid`
  const terms = await normalizePlannedTerms(tx, projectId)
  const labels = await tx.query<{ id: string }[]>(sql`
    INSERT INTO labels (project_id, name, color)
    SELECT DISTINCT ON (fold_case(given.name)) ${project}, given.name, '#8a8f98' FROM import_plan,
      jsonb_array_elements_text(labels) WITH ORDINALITY AS given(name, position)
    WHERE ${isMergeableRow} AND NOT EXISTS (SELECT FROM labels l WHERE l.project_id = ${project} AND fold_case(l.name) = fold_case(given.name))
    ORDER BY fold_case(given.name), row, position RETURNING id`)
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_changes ON COMMIT DROP AS
    SELECT compared.id, compared.before, compared.changes, ${eventCount('compared')} AS event_count FROM (
      SELECT p.id, p.resolved_at,
        CASE WHEN NOT p.created THEN to_jsonb(t) || jsonb_build_object('label_ids', ${labelIds(sql`t.id`)}) END AS before,
        CASE WHEN NOT p.created THEN ${ticketChanges(sql`t`, sql`p`, projectId)} ELSE jsonb_build_array(
          jsonb_build_object('field', 'status', 'from', 'OPEN', 'to', p.status),
          jsonb_build_object('field', 'resolution', 'from', NULL, 'to', p.resolution)) END AS changes
      FROM import_plan p LEFT JOIN tickets t ON t.id = p.id
      WHERE p.row > 0 AND p.errors IS NULL AND (NOT p.created OR p.resolution IS NOT NULL)) compared
    WHERE compared.changes <> '[]'`)
  const [{ created, updated, mergeable, lastNumber }] = await tx.query<
    [{ created: number; updated: number; mergeable: number; lastNumber: number }]
  >(sql`
    SELECT count(*) FILTER (WHERE created)::integer AS created, count(*)::integer AS mergeable,
      (SELECT count(*)::integer FROM import_changes WHERE before IS NOT NULL) AS updated,
      (SELECT last_number FROM projects WHERE id = ${project}) AS "lastNumber" FROM import_plan WHERE ${isMergeableRow}`)
  if (created > 0) await createTickets(tx, viewer, target, lastNumber, created)
  const changes = { tickets: changedRows, ...target }
  if (updated > 0) await updateTickets(tx, viewer, changes)
  if (created + updated > 0) {
    await writeLabels(tx, changes)
    await writeHistory(tx, viewer, changes)
    await dateStatusChanges(tx, changes)
  }
  await tx.query(sql`
    INSERT INTO imported_tickets (import_id, ticket_id, version, before)
    SELECT ${importId}::uuid, t.id, t.version, c.before FROM ${changedRows} c JOIN tickets t ON t.id = c.id`)
  return {
    createdCount: created,
    updatedCount: updated,
    unchangedCount: mergeable - created - updated,
    sideEffects: { lastNumber, terms, labels: labels.map(({ id }) => id) },
  }
}

async function createTickets(
  tx: BulkTransaction,
  viewer: Viewer,
  { importId, projectId, at }: MergeTarget,
  lastNumber: number,
  count: number,
): Promise<void> {
  const project = sql`${projectId}::uuid`
  await tx.query(sql`UPDATE projects SET last_number = last_number + ${count} WHERE id = ${project}`)
  await tx.query(sql`
    WITH created AS (
    INSERT INTO tickets (id, project_id, number, kind, title, description, status, resolution, priority, reporter_id,
      assignee_id, version, created_at, updated_at, updated_by_id, resolved_at, archived_at, external_key, category,
      subcategory, absn, reported_by, severity, disposition)
    SELECT id, ${project}, ${lastNumber} + row_number() OVER (ORDER BY row), kind, title, description, status,
      resolution, priority, reporter_id, assignee_id, 1 + event_count,
      coalesce(created_at, ${at}::timestamptz), ${at}::timestamptz, CASE WHEN event_count > 0 THEN ${viewer.id}::uuid END,
      CASE WHEN resolution IS NOT NULL THEN coalesce(resolved_at, ${at}::timestamptz) END, archived_at, external_key,
      category, subcategory, absn, reported_by, severity, disposition
    FROM ${changedRows} c WHERE created ORDER BY row RETURNING id, project_id, number)
    ${recordInFeed({
      from: sql`created c ORDER BY c.number`,
      type: sql`'TICKET_CREATED'`,
      actorId: viewer.id,
      at: sql`${at}::timestamptz`,
      source: sql`'IMPORT'`,
      batch: sql`${importId}`,
      version: sql`1`,
    })}`)
}

/**
 * Replaces categories and subcategories in import_plan by the first spelling in the project. Stores and returns new
 * ones.
 */
async function normalizePlannedTerms(tx: BulkTransaction, projectId: string): Promise<SideEffects['terms']> {
  const project = sql`${projectId}::uuid`
  const newTerms = await tx.query<{ field: string; folded: string }[]>(sql`
    INSERT INTO defect_terms (project_id, field, folded, spelling)
    SELECT DISTINCT ON (field, fold_case(term)) ${project}, field::defect_term_field, fold_case(term), term
    FROM import_plan, LATERAL (VALUES ('CATEGORY', category), ('SUBCATEGORY', subcategory)) AS given(field, term)
    WHERE ${isMergeableRow} AND term IS NOT NULL ORDER BY field, fold_case(term), row
    ON CONFLICT DO NOTHING RETURNING field, folded`)
  for (const field of ['category', 'subcategory']) {
    const column = raw(field)
    await tx.query(sql`
      UPDATE import_plan p SET ${column} = known.spelling FROM defect_terms known
      WHERE known.project_id = ${project} AND known.field = ${field.toUpperCase()}::defect_term_field
        AND known.folded = fold_case(p.${column}) AND known.spelling <> p.${column}`)
  }
  return newTerms
}
