import { sql } from '../database/sql.ts'
import { type Order, timestamp, uuid } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type CommentRow = Row<'Comment'>

export const commentColumns = columnsOf<CommentRow>('c', {
  id: 'always',
  ticketId: 'plain',
  authorId: 'plain',
  parentId: 'plain',
  body: 'plain',
  createdAt: 'time',
  editedAt: 'time',
  deletedAt: 'time',
})

/** Oldest first. */
export const commentOrder: Order = [
  { name: 'createdAt', sql: sql`c.created_at`, type: timestamp, descending: false },
  { name: 'id', sql: sql`c.id`, type: uuid, descending: false },
]
