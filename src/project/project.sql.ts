import type { Project, ProjectRole } from '../../prisma/generated/client.ts'
import { sql } from '../database/sql.ts'
import { type Order, text } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'

/** A project as the API reads one: all but the counter of its tickets' numbers. */
export type ProjectRow = Omit<Project, 'lastNumber'>

/** The columns of a ProjectRow, from projects `p`. */
export const projectColumns = columnsOf<ProjectRow>('p', {
  id: 'always',
  key: 'plain',
  name: 'plain',
  description: 'plain',
  defaultRole: 'plain',
  createdAt: 'time',
  archivedAt: 'time',
})

/** Projects by key. */
export const projectOrder: Order = [{ name: 'key', sql: sql`p.key COLLATE "C"`, type: text, descending: false }]

/** A member of a project, without whom they are. */
export interface MemberRow {
  readonly projectId: string
  readonly userId: string
  readonly role: ProjectRole
}

/** The columns of a MemberRow, from project_members `m`. */
export const memberColumns = columnsOf<MemberRow>('m', { projectId: 'plain', userId: 'plain', role: 'plain' })
