import { Prisma, type User } from '../../prisma/generated/client.ts'
import { type Order, text } from '../paging/keyset.ts'
import type { Columns } from '../paging/page.ts'

/** A user as the API reads one: all but the password. */
export type UserRow = Omit<User, 'passwordHash'>

/** The columns of a UserRow, from users `u`. */
export const userColumns: Columns<UserRow> = Prisma.sql`u.id, u.username, u.name, u.email, u.role, u.active, u.created_at AS "createdAt"`

/** Users by username. */
export const userOrder: Order = [
  { name: 'username', sql: Prisma.sql`u.username COLLATE "C"`, type: text, descending: false },
]
