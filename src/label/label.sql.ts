import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

/** A label. */
export type LabelRow = Row<'Label'>

/** The columns of a LabelRow, from labels `l`. */
export const labelColumns = columnsOf<LabelRow>('l', {
  id: 'always',
  projectId: 'plain',
  name: 'plain',
  color: 'plain',
  description: 'plain',
})
