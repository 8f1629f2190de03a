import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { recordInFeed } from '../feed/feed.sql.ts'
import type { Viewer } from '../viewer.ts'
import { eventCount, ticketChanges } from './change.sql.ts'
import type { SideEffects } from './merge.actions.ts'
import { dateStatusChanges, updateTickets, writeHistory, writeLabels } from './write.actions.ts'

interface UndoPlan {
  readonly total: number
  readonly revertible: number
  readonly refusals: readonly { readonly ticketId: string; readonly reason: string }[]
}

/**
 * Locks the tickets of an import and creates the temporary table import_undo with their former rows, null for created
 * tickets, and the reasons why some cannot be reverted.
 */
export async function planUndo(tx: Transaction, importId: string): Promise<UndoPlan> {
  await tx.query(sql`
    WITH locked AS (SELECT FROM tickets t WHERE t.id IN (SELECT ticket_id FROM imported_tickets WHERE import_id = ${importId}::uuid)
      ORDER BY t.id FOR UPDATE)
    SELECT count(*) FROM locked`)
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_undo ON COMMIT DROP AS
    SELECT t.id, t.number, i.before, CASE
      WHEN later.name IS NOT NULL THEN 'Changed by ' || later.name || ' since the import.'
      WHEN i.before IS NULL AND EXISTS (SELECT FROM comments c WHERE c.ticket_id = t.id) THEN 'Commented on since the import.'
      END AS reason
    FROM imported_tickets i JOIN tickets t ON t.id = i.ticket_id
    LEFT JOIN LATERAL (SELECT u.name FROM history h JOIN users u ON u.id = h.actor_id
      WHERE h.ticket_id = t.id AND h.version > i.version AND NOT h.reverted ORDER BY h.version DESC LIMIT 1) later ON TRUE
    WHERE i.import_id = ${importId}::uuid`)
  const [{ revertible, total }] = await tx.query<[{ revertible: number; total: number }]>(sql`
    SELECT count(*) FILTER (WHERE reason IS NULL)::integer AS revertible, count(*)::integer AS total FROM import_undo`)
  const refusals = await tx.query<{ ticketId: string; reason: string }[]>(sql`
    SELECT u.id AS "ticketId", u.reason FROM import_undo u WHERE u.reason IS NOT NULL ORDER BY u.number`)
  return { total, revertible, refusals }
}

/** Reverts the tickets in import_undo, except those with a reason, and the side effects of the import. */
export async function revertRows(
  tx: Transaction,
  viewer: Viewer,
  importId: string,
  projectId: string,
  sideEffects: Partial<SideEffects>,
): Promise<void> {
  await restoreTickets(tx, viewer, importId, projectId)
  await tx.query(sql`
    WITH deleted AS (
      DELETE FROM tickets t USING import_undo u WHERE t.id = u.id AND u.reason IS NULL AND u.before IS NULL
      RETURNING t.id, t.project_id, t.number)
    ${recordInFeed({
      from: sql`deleted c ORDER BY c.number`,
      type: sql`'TICKET_DELETED'`,
      actorId: viewer.id,
      at: sql`clock_timestamp()`,
      source: sql`'IMPORT'`,
      batch: sql`${importId}`,
    })}`)
  await revertSideEffects(tx, projectId, sideEffects)
}

/** Restores changed tickets. Reports ignore the reverted changes, which remain in the history. */
async function restoreTickets(tx: Transaction, viewer: Viewer, importId: string, projectId: string): Promise<void> {
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_restored ON COMMIT DROP AS
    SELECT restored.*, ${eventCount('restored')} AS event_count FROM (
      SELECT r.*, ${ticketChanges(sql`t`, sql`r`, projectId)} AS changes FROM (
        SELECT former.*, u.before, (SELECT coalesce(jsonb_agg(l.name), '[]') FROM labels l
          WHERE l.id = ANY(ARRAY(SELECT jsonb_array_elements_text(u.before -> 'label_ids')::uuid))) AS labels
        FROM import_undo u, jsonb_populate_record(NULL::tickets, u.before) former
        WHERE u.reason IS NULL AND u.before IS NOT NULL) r
      JOIN tickets t ON t.id = r.id) restored`)
  const [{ at }] = await tx.query<[{ at: Date }]>(sql`SELECT clock_timestamp()::timestamptz(3) AS at`)
  const changes = { tickets: sql`import_restored`, importId, projectId, at }
  await updateTickets(tx, viewer, changes)
  await writeLabels(tx, changes)
  await tx.query(sql`
    UPDATE history h SET reverted = TRUE FROM import_restored r WHERE h.ticket_id = r.id AND h.batch = ${importId}::uuid`)
  await writeHistory(tx, viewer, changes, true)
  await dateStatusChanges(tx, changes)
  await tx.query(sql`
    DELETE FROM imported_tickets i USING import_restored r WHERE i.import_id = ${importId}::uuid AND i.ticket_id = r.id`)
}

/** Deletes unused labels and terms, and resets the last number of the project if possible. */
async function revertSideEffects(
  tx: Transaction,
  projectId: string,
  { labels, terms, lastNumber }: Partial<SideEffects>,
): Promise<void> {
  const project = sql`${projectId}::uuid`
  await tx.query(sql`
    DELETE FROM labels l WHERE l.id = ANY(${labels ?? []}::uuid[])
      AND NOT EXISTS (SELECT FROM ticket_labels tl WHERE tl.label_id = l.id)`)
  await tx.query(sql`
    DELETE FROM defect_terms d USING jsonb_to_recordset(${JSON.stringify(terms ?? [])}::jsonb) AS created(field text, folded text)
    WHERE d.project_id = ${project} AND d.field::text = created.field AND d.folded = created.folded
      AND NOT EXISTS (SELECT FROM tickets t WHERE t.project_id = ${project}
        AND fold_case(CASE d.field WHEN 'CATEGORY' THEN t.category ELSE t.subcategory END) = d.folded)`)
  await tx.query(sql`
    UPDATE projects SET last_number = ${lastNumber ?? 0} WHERE id = ${project} AND ${lastNumber ?? null}::integer IS NOT NULL
      AND NOT EXISTS (SELECT FROM tickets t WHERE t.project_id = ${project} AND t.number > ${lastNumber ?? 0})`)
}
