import { sql } from '../database/sql.ts'
import { type Order, text } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type UserRow = Row<'User'>

export const userColumns = columnsOf<UserRow>('u', {
  id: 'always',
  username: 'plain',
  name: 'plain',
  email: 'plain',
  role: 'plain',
  active: 'plain',
  createdAt: 'time',
})

export const userOrder: Order = [{ name: 'username', sql: sql`u.username COLLATE "C"`, type: text, descending: false }]
