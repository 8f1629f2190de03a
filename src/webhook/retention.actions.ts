import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'

const batchSize = 1000

/** Ids are UUIDs of version 7, which begin with the milliseconds since 1970. */
const firstIdOfLastWeek = sql`
  rpad(lpad(to_hex((extract(epoch FROM now() - interval '7 days') * 1000)::bigint), 12, '0'), 32, '0')::uuid`

/** Deletes some deliveries of more than seven days ago, except pending ones. Returns true if there may be more. */
export async function deleteOldDeliveries(db: Statements): Promise<boolean> {
  const deleted = await db.query(sql`
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE id < ${firstIdOfLastWeek} AND status <> 'PENDING'
      ORDER BY id LIMIT ${batchSize} FOR UPDATE SKIP LOCKED)
    RETURNING id`)
  return deleted.length === batchSize
}
