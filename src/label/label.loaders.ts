import { sql } from '../database/sql.ts'
import { visibleProjects } from '../project/project.access.ts'
import { rowLoader } from '../reading/loader.ts'
import { toMany } from '../reading/nested.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

export const findLabel = rowLoader<LabelRow>(
  labelColumns,
  sql`labels l JOIN projects p ON p.id = l.project_id`,
  visibleProjects,
)

export const ticketLabels = toMany(
  labelColumns,
  sql`ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = parent.id ORDER BY fold_case(l.name)`,
)

export const projectLabels = toMany(
  labelColumns,
  sql`labels l WHERE l.project_id = parent.id ORDER BY fold_case(l.name)`,
)
