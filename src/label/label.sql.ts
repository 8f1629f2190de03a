import type { Label } from '../../prisma/generated/client.ts'
import { columnsOf } from '../reading/columns.ts'

/** A label as it is stored. */
export type LabelRow = Label

/** The columns of a LabelRow, from labels `l`. */
export const labelColumns = columnsOf<LabelRow>('l', {
  id: 'always',
  projectId: 'plain',
  name: 'plain',
  color: 'plain',
  description: 'plain',
})
