import type { ChangeSummary } from '../context.ts'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'

/** A batch of this size takes less than a second. */
const batchSize = 5000

/** Numbers all changes that were committed before the call. */
export async function numberChanges(db: Pick<Statements, 'query'>): Promise<void> {
  for (let count = batchSize; count === batchSize; ) {
    const [{ numbered }] = await db.query<[{ numbered: number }]>(sql`SELECT number_changes(${batchSize}) AS numbered`)
    count = numbered
  }
}

export async function readLastPosition(db: Pick<Statements, 'query'>): Promise<number> {
  const [{ last }] = await db.query<[{ last: bigint }]>(sql`SELECT last FROM feed`)
  return Number(last)
}

const maxSelectedChanges = 2000

/** The distinct summaries of the changes after a position; null for more than 2,000 changes. */
export async function summarizeChanges(
  db: Pick<Statements, 'query'>,
  after: number,
  last: number,
): Promise<readonly ChangeSummary[] | null> {
  if (last - after > maxSelectedChanges) return null
  return db.query<ChangeSummary[]>(sql`
    SELECT DISTINCT project_id AS "projectId", type::text, source::text FROM changes
    WHERE position > ${after} AND position <= ${last}`)
}

/**
 * Deletes changes that were numbered more than `days` days ago. Examines the first positions only, whose times are the
 * earliest unless a clock was set back: such a change is deleted later, but the floor never falls.
 */
export async function deleteOldChanges(db: Pick<Statements, 'query'>, days: number): Promise<void> {
  for (let count = batchSize; count === batchSize; ) {
    const [{ deleted }] = await db.query<[{ deleted: number }]>(sql`
      WITH deleted AS (
        DELETE FROM changes WHERE ordinal IN (
          SELECT ordinal FROM (
            SELECT ordinal, numbered_at FROM changes WHERE position IS NOT NULL ORDER BY position LIMIT ${batchSize}) first
          WHERE numbered_at < now() - ${days} * interval '1 day')
        RETURNING position),
      raised AS (
        UPDATE feed SET floor = greatest(floor, (SELECT max(position) FROM deleted)) WHERE EXISTS (SELECT FROM deleted))
      SELECT count(*)::integer AS deleted FROM deleted`)
    count = deleted
  }
}

/** Invalidates all cursors. Required after a restore that `feed_epoch()` does not detect. */
export async function expireCursors(db: Pick<Statements, 'query'>): Promise<void> {
  await db.query(sql`UPDATE feed SET epoch = new_id()`)
}
