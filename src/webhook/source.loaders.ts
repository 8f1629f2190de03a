import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { Viewer } from '../viewer.ts'
import { isOwnerPermitted } from './webhook.access.ts'
import { type WebhookRow, webhookColumns } from './webhook.sql.ts'

/** An enabled webhook, for which deliveries are queued. */
export interface Source extends WebhookRow {
  readonly owner: Viewer
  readonly isOwnerPermitted: boolean
  /** Position of the feed when it was enabled. */
  readonly startedAfter: number
}

export async function readSources(db: Statements): Promise<readonly Source[]> {
  const rows = await db.query<(Omit<Source, keyof WebhookRow> & { row: string })[]>(sql`
    SELECT ${webhookColumns.text} AS row, ${isOwnerPermitted} AS "isOwnerPermitted", w.started_after::float8 AS "startedAfter",
      json_build_object('id', u.id, 'username', u.username, 'name', u.name, 'role', u.role) AS owner
    FROM webhooks w JOIN users u ON u.id = w.owner_id WHERE w.enabled ORDER BY w.id`)
  return rows.map(({ row, ...source }) => ({ ...webhookColumns.parse(row), ...source }))
}
