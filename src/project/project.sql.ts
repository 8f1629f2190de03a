import { sql } from '../database/sql.ts'
import { type Order, text } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

/** A project without the last number of its tickets. */
export type ProjectRow = Row<'Project'>

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

/** A member of a project. */
export type MemberRow = Row<'ProjectMember'>

/** The columns of a MemberRow, from project_members `m`. */
export const memberColumns = columnsOf<MemberRow>('m', { projectId: 'plain', userId: 'plain', role: 'plain' })
