import { type Label, Prisma } from '../../prisma/generated/client.ts'
import type { Columns } from '../paging/page.ts'

/** A label as it is stored. */
export type LabelRow = Label

/** The columns of a LabelRow, from labels `l`. */
export const labelColumns: Columns<LabelRow> = Prisma.sql`l.id, l.project_id AS "projectId", l.name, l.color, l.description`
