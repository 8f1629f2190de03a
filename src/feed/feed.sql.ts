import { type Sql, sql } from '../database/sql.ts'

interface ChangeColumns {
  /** SELECT source with the columns `id`, `project_id` and `number` of tickets, alias `c`. */
  readonly from: Sql
  readonly type: Sql
  readonly actorId: string
  readonly at: Sql
  readonly source?: Sql
  readonly batch?: Sql
  readonly version?: Sql
  readonly commentId?: Sql
}

/**
 * An INSERT that records changes in the feed. Belongs into the statement that makes the changes: so it follows the locks of
 * the tickets, and neither can be committed without the other.
 */
export const recordInFeed = ({
  from,
  type,
  actorId,
  at,
  source = sql`'API'`,
  batch = sql`NULL`,
  version = sql`NULL`,
  commentId = sql`NULL`,
}: ChangeColumns): Sql => sql`
  INSERT INTO changes (type, ticket_id, project_id, key, actor_id, at, source, batch, version, comment_id)
  SELECT ${type}::change_type, c.id, c.project_id,
    (SELECT p.key FROM projects p WHERE p.id = c.project_id) || '-' || c.number,
    ${actorId}::uuid, ${at}, ${source}::change_source, ${batch}::uuid, ${version}::integer, ${commentId}::uuid
  FROM ${from}`

/** The type of a change of a ticket from its changes in the format of history. */
export const updateType = (changes: Sql): Sql => sql`CASE
  WHEN ${changes} @> '[{"field": "archivedAt", "to": null}]' THEN 'TICKET_RESTORED'
  WHEN ${changes} @> '[{"field": "archivedAt"}]' THEN 'TICKET_ARCHIVED' ELSE 'TICKET_UPDATED' END`
