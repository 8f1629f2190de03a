import { sql } from '../database/sql.ts'
import { type Order, text } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

/** A user without the password hash. */
export type UserRow = Row<'User'>

/** The columns of a UserRow, from users `u`. */
export const userColumns = columnsOf<UserRow>('u', {
  id: 'always',
  username: 'plain',
  name: 'plain',
  email: 'plain',
  role: 'plain',
  active: 'plain',
  createdAt: 'time',
})

/** Users by username. */
export const userOrder: Order = [{ name: 'username', sql: sql`u.username COLLATE "C"`, type: text, descending: false }]
