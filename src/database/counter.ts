import { type Sql, sql } from './sql.ts'
import type { Statements } from './statements.ts'

const now = sql`(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

export interface Counter {
  readonly points: number
  /** Until the counter restarts at 0. */
  readonly secondsLeft: number
}

/**
 * Adds to a counter that restarts after a period, which begins with the first addition. Concurrent additions wait for
 * each other, also those of other servers: the counter is a row of `rates`.
 */
export async function addToCounter(
  db: Statements,
  key: string,
  points: number | Sql,
  periodSeconds: number,
): Promise<Counter> {
  const [counter] = await db.query<[Counter]>(sql`
    INSERT INTO rates AS r (key, points, expire) VALUES (${key}, ${points}, ${now} + ${periodSeconds * 1000}::bigint)
    ON CONFLICT (key) DO UPDATE SET
      points = excluded.points + CASE WHEN r.expire > ${now} THEN r.points ELSE 0 END,
      expire = CASE WHEN r.expire > ${now} THEN r.expire ELSE excluded.expire END
    RETURNING points, ceil((expire - ${now}) / 1000.0)::integer AS "secondsLeft"`)
  return counter
}
