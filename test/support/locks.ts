import type { Database } from '../../src/database/open.ts'

/** Resolves when a statement on the database waits for a lock. */
export async function waitForLock(pool: Database['pool']): Promise<void> {
  for (let waitingCount = 0; waitingCount === 0; ) {
    const { rows } = await pool.query<{ count: number }>(
      "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    waitingCount = rows[0]?.count ?? 0
  }
}
