import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { changeOf, recordBatch } from '../ticket/ticket-change.sql.ts'
import type { Viewer } from '../viewer.ts'

/** Restores status and resolution, with its time. Returns the id of the batch. */
export async function undoStatusChanges(
  tx: Transaction,
  viewer: Viewer,
  eventIds: readonly string[],
): Promise<string | null> {
  const [{ batch }] = await tx.query<[{ batch: string | null }]>(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at, new_id() AS batch),
    undone AS MATERIALIZED (
      SELECT t.id, previous.*, ${changeOf('status', sql`t.status`, sql`previous.status`)}
        || ${changeOf('resolution', sql`t.resolution`, sql`previous.resolution`)} AS changes
      FROM history h JOIN tickets t ON t.id = h.ticket_id CROSS JOIN LATERAL (
        SELECT (h.before ->> 'status')::ticket_status AS status, (h.before ->> 'resolution')::resolution AS resolution,
          (h.before ->> 'resolvedAt')::timestamptz AS resolved_at) previous
      WHERE h.id = ANY(${eventIds}::uuid[])),
    updated AS (
      UPDATE tickets t SET status = undone.status, resolution = undone.resolution, resolved_at = undone.resolved_at,
        version = t.version + 1, updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM undone, moment WHERE t.id = undone.id
      RETURNING t.id, t.project_id, t.number, t.version, moment.at, moment.batch, undone.changes),
    ${recordBatch({ from: sql`updated`, actorId: viewer.id, source: 'UNDO', changes: sql`c.changes` })}
    SELECT min(batch::text) AS batch FROM updated`)
  return batch
}
