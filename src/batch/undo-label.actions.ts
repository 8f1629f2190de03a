import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { recordBatch } from '../ticket/ticket-change.sql.ts'
import type { Viewer } from '../viewer.ts'

/**
 * Creates the deleted label again, unless the project has one with its name, and adds it to the tickets. Returns the id of the
 * batch; null if all tickets already have the label.
 */
export async function undoLabelDeletion(
  tx: Transaction,
  viewer: Viewer,
  eventIds: readonly string[],
): Promise<string | null> {
  const deleted = sql`(SELECT former.* FROM history h, jsonb_populate_record(NULL::labels, h.before -> 'label') former
    WHERE h.id = ANY(${eventIds}::uuid[]) LIMIT 1)`
  await tx.query(sql`INSERT INTO labels SELECT * FROM ${deleted} former ON CONFLICT DO NOTHING`)
  const names = (added: boolean) => sql`(
    SELECT string_agg(l.name, ', ' ORDER BY fold_case(l.name)) FROM labels l
    WHERE l.id IN (SELECT tl.label_id FROM ticket_labels tl WHERE tl.ticket_id = c.id) OR ${added} AND l.id = c.label_id)`
  const [{ batch }] = await tx.query<[{ batch: string | null }]>(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at, new_id() AS batch),
    label AS MATERIALIZED (
      SELECT l.id FROM ${deleted} former JOIN labels l ON l.project_id = former.project_id AND fold_case(l.name) = fold_case(former.name)
      ORDER BY l.id = former.id DESC LIMIT 1),
    changed AS (
      UPDATE tickets t SET version = t.version + 1, updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM moment, label WHERE t.id IN (SELECT h.ticket_id FROM history h WHERE h.id = ANY(${eventIds}::uuid[]))
        AND NOT EXISTS (SELECT FROM ticket_labels tl WHERE tl.ticket_id = t.id AND tl.label_id = label.id)
      RETURNING t.id, t.project_id, t.number, t.version, moment.at, moment.batch, label.id AS label_id),
    added AS (INSERT INTO ticket_labels (ticket_id, label_id) SELECT id, label_id FROM changed),
    ${recordBatch({
      from: sql`changed`,
      actorId: viewer.id,
      source: 'UNDO',
      changes: sql`jsonb_build_array(
        jsonb_build_object('field', 'labels', 'from', ${names(false)}, 'to', ${names(true)}))`,
    })}
    SELECT min(batch::text) AS batch FROM changed`)
  return batch
}
