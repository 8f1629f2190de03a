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
