import type { User } from '../../prisma/generated/client.ts'
import { sql } from '../database/sql.ts'
import { type Order, text } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'

/** A user as the API reads one: all but the password. */
export type UserRow = Omit<User, 'passwordHash'>

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
