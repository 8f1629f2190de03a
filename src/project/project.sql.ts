import { Prisma, type Project, type ProjectRole } from '../../prisma/generated/client.ts'
import { type Order, text } from '../paging/keyset.ts'
import type { Columns } from '../paging/page.ts'

/** A project as the API reads one: all but the counter of its tickets' numbers. */
export type ProjectRow = Omit<Project, 'lastNumber'>

/** The columns of a ProjectRow, from projects `p`. */
export const projectColumns: Columns<ProjectRow> = Prisma.sql`p.id, p.key, p.name, p.description, p.default_role AS "defaultRole",
  p.created_at AS "createdAt", p.archived_at AS "archivedAt"`

/** Projects by key. */
export const projectOrder: Order = [{ name: 'key', sql: Prisma.sql`p.key COLLATE "C"`, type: text, descending: false }]

/** A member of a project, without whom they are. */
export interface MemberRow {
  readonly projectId: string
  readonly userId: string
  readonly role: ProjectRole
}
