import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { visibleProjects } from '../project/project.access.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

/** The label of an id; null where there is none to see. */
export function findLabel(context: Context, id: string): Promise<LabelRow | null> {
  return loaderOf<LabelRow | null>(context, 'labels', async (ids) =>
    inOrder(
      ids,
      await context.prisma.$queryRaw<LabelRow[]>`
      SELECT ${labelColumns} FROM labels l JOIN projects p ON p.id = l.project_id
      WHERE l.id = ANY(${ids}::uuid[]) AND ${visibleProjects(signedIn(context))}`,
    ),
  ).load(id)
}

/** The labels of a ticket, by name. */
export function getTicketLabels(context: Context, ticketId: string): Promise<readonly LabelRow[]> {
  return loaderOf<readonly LabelRow[]>(context, 'labels of tickets', async (ids) => {
    const rows = await context.prisma.$queryRaw<(LabelRow & { ticketId: string })[]>`
      SELECT tl.ticket_id AS "ticketId", ${labelColumns} FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id
      WHERE tl.ticket_id = ANY(${ids}::uuid[]) ORDER BY lower(l.name)`
    const byTicket = Map.groupBy(rows, (row) => row.ticketId)
    return ids.map((id) => byTicket.get(id) ?? [])
  }).load(ticketId)
}

/** The labels that a project has, by name. */
export function getProjectLabels(context: Context, projectId: string): Promise<readonly LabelRow[]> {
  return loaderOf<readonly LabelRow[]>(context, 'labels of projects', async (ids) => {
    const rows = await context.prisma.$queryRaw<LabelRow[]>`
      SELECT ${labelColumns} FROM labels l WHERE l.project_id = ANY(${ids}::uuid[]) ORDER BY lower(l.name)`
    const byProject = Map.groupBy(rows, (row) => row.projectId)
    return ids.map((id) => byProject.get(id) ?? [])
  }).load(projectId)
}
