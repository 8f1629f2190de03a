import { type Sql, sql } from '../database/sql.ts'
import { recordInFeed } from '../feed/feed.sql.ts'
import type { FieldChange } from '../rows.ts'

/** A JSON array, empty if both values are equal. */
export const changeOf = (field: string, from: Sql, to: Sql) => sql`
  CASE WHEN ${from} IS DISTINCT FROM ${to} THEN jsonb_build_array(
    jsonb_build_object('field', ${field}::text, 'from', ${from}, 'to', ${to})) ELSE '[]' END`

export const changesAsJson = (changes: readonly FieldChange[]) => sql`${JSON.stringify(changes)}::jsonb`

interface BatchRecord {
  /** A table of changed tickets: `id`, `project_id`, `number`, `version`, `at` and `batch`. The expressions know it as `c`. */
  readonly from: Sql
  readonly actorId: string
  readonly source: 'BULK' | 'UNDO'
  /** In the format of history. */
  readonly changes: Sql
  readonly before?: Sql
}

/** Common table expressions that record a change of many tickets in history and in the feed. Reports ignore an undo. */
export const recordBatch = ({ from, actorId, source, changes, before = sql`NULL` }: BatchRecord): Sql => sql`
  recorded AS (
    INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes, before, reverted)
    SELECT c.id, ${actorId}::uuid, c.at, c.version, ${source}::change_source, c.batch, ${changes}, ${before}::jsonb, ${source === 'UNDO'}
    FROM ${from} c),
  fed AS (${recordInFeed({
    from: sql`${from} c`,
    type: sql`'TICKET_UPDATED'`,
    actorId,
    at: sql`c.at`,
    source: sql`${source}`,
    batch: sql`c.batch`,
    version: sql`c.version`,
  })})`
