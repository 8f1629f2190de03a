import { type Sql, sql } from '../database/sql.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type ChangeRow = Row<'Change'>

/** Positions that a request examines, so that a filter without matches costs a bounded time. */
export const maxExaminedChanges = 2000

/** `matches` and `fields` are computed by the statement that reads the feed. */
export const changeColumns = columnsOf<ChangeRow>('ch', {
  id: 'always',
  position: 'always',
  type: 'plain',
  ticketId: 'plain',
  key: 'plain',
  actorId: 'plain',
  at: 'time',
  source: 'plain',
  batch: 'plain',
  version: 'plain',
  commentId: 'plain',
  matches: 'plain',
  fields: 'plain',
})

/** SELECT of changes `ch` with the computed columns. The conditions can read the ticket `t`, which may have been deleted. */
export const changesWhere = (matches: Sql, condition: Sql): Sql => sql`
  SELECT ch.*, ${matches} AS matches, coalesce(h.changes, '[]') AS fields
  FROM changes ch LEFT JOIN tickets t ON t.id = ch.ticket_id
  LEFT JOIN history h ON h.ticket_id = ch.ticket_id AND h.version = ch.version
  WHERE ${condition}`
