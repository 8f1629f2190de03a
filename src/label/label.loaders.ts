import { Prisma } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { visibleProjects } from '../project/project.access.ts'
import { rowsBelow } from '../reading/nested.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

/** The label of an id; null where there is none to see. */
export function findLabel(context: Context, id: string): Promise<LabelRow | null> {
  return loaderOf<LabelRow | null>(context, 'labels', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<LabelRow[]>`
      SELECT ${labelColumns.all} FROM labels l JOIN projects p ON p.id = l.project_id
      WHERE l.id = ANY(${ids}::uuid[]) AND ${visibleProjects(signedIn(context))}`,
    ),
  ).load(id)
}

/** The labels of a ticket, by name. */
export const ticketLabels = rowsBelow(
  labelColumns,
  Prisma.sql`ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = parent.id ORDER BY lower(l.name)`,
)

/** The labels that a project has, by name. */
export const projectLabels = rowsBelow(
  labelColumns,
  Prisma.sql`labels l WHERE l.project_id = parent.id ORDER BY lower(l.name)`,
)
