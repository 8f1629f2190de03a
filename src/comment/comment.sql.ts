import { type Comment, Prisma } from '../../prisma/generated/client.ts'
import { moment, type Order, uuid } from '../paging/keyset.ts'
import type { Columns } from '../paging/page.ts'
import type { UserRow } from '../user/user.sql.ts'

/** A comment with its author, whose time came as text. */
export type CommentRow = Comment & { readonly author: Omit<UserRow, 'createdAt'> & { readonly createdAt: string } }

/** Where the columns of a CommentRow come from. */
export const commentsWithAuthors = Prisma.sql`comments c JOIN users u ON u.id = c.author_id`

/** The columns of a CommentRow. */
export const commentColumns: Columns<CommentRow> = Prisma.sql`c.id, c.ticket_id AS "ticketId", c.author_id AS "authorId",
  c.parent_id AS "parentId", c.body, c.created_at AS "createdAt", c.edited_at AS "editedAt", c.deleted_at AS "deletedAt",
  json_build_object('id', u.id, 'username', u.username, 'name', u.name, 'email', u.email, 'role', u.role,
    'active', u.active, 'createdAt', u.created_at) AS author`

/** Oldest first. */
export const commentOrder: Order = [
  { name: 'createdAt', sql: Prisma.sql`c.created_at`, type: moment, descending: false },
  { name: 'id', sql: Prisma.sql`c.id`, type: uuid, descending: false },
]
