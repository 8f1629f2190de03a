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
