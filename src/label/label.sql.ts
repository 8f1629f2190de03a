import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type LabelRow = Row<'Label'>

export const labelColumns = columnsOf<LabelRow>('l', {
  id: 'always',
  projectId: 'plain',
  name: 'plain',
  color: 'plain',
  description: 'plain',
})
