import { sql } from '../database/sql.ts'
import { type Order, text } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type ProjectRow = Row<'Project'>

export const projectColumns = columnsOf<ProjectRow>('p', {
  id: 'always',
  key: 'plain',
  name: 'plain',
  description: 'plain',
  defaultRole: 'plain',
  createdAt: 'time',
  archivedAt: 'time',
})

export const projectOrder: Order = [{ name: 'key', sql: sql`p.key COLLATE "C"`, type: text, descending: false }]

export type MemberRow = Row<'ProjectMember'>

export const memberColumns = columnsOf<MemberRow>('m', { projectId: 'plain', userId: 'plain', role: 'plain' })
