import { findComment } from '../comment/comment.loaders.ts'
import { type Context, requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { findHistoryEvent } from '../history/history.loaders.ts'
import { visibleImports } from '../import/import.access.ts'
import { findImport } from '../import/import.loaders.ts'
import { findLabel } from '../label/label.loaders.ts'
import { visibleProjects } from '../project/project.access.ts'
import { findProject } from '../project/project.loaders.ts'
import { inOrder, loaderOf } from '../reading/loader.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import { findTicket } from '../ticket/ticket.loaders.ts'
import { findUser } from '../user/user.loaders.ts'

const finders = {
  User: findUser,
  Project: findProject,
  Issue: findTicket,
  Defect: findTicket,
  Label: findLabel,
  Comment: findComment,
  HistoryEvent: findHistoryEvent,
  Import: findImport,
} as const

type NodeType = keyof typeof finders

/** Takes the same steps for invisible and for missing objects, so that timing does not reveal which. */
export async function findNode(context: Context, id: string): Promise<{ id: string; __typename: NodeType } | null> {
  const type = await loaderOf<{ id: string; type: NodeType } | null>(context, 'node types', async (ids) => {
    const viewer = requireViewer(context)
    return inOrder(
      ids,
      await context.db.query<{ id: string; type: NodeType }[]>(sql`
      WITH requested AS (SELECT unnest(${ids}::uuid[]) AS id)
      SELECT t.id, CASE kind WHEN 'DEFECT' THEN 'Defect' ELSE 'Issue' END AS type
        FROM tickets t JOIN requested USING (id) WHERE ${visibleTicketsByReference(viewer)}
      UNION ALL SELECT c.id, 'Comment' FROM comments c JOIN requested USING (id) JOIN tickets t ON t.id = c.ticket_id
        WHERE ${visibleTicketsByReference(viewer)}
      UNION ALL SELECT h.id, 'HistoryEvent' FROM history h JOIN requested USING (id) JOIN tickets t ON t.id = h.ticket_id
        WHERE ${visibleTicketsByReference(viewer)}
      UNION ALL SELECT i.id, 'Import' FROM imports i JOIN requested USING (id) WHERE ${visibleImports(viewer)}
      UNION ALL SELECT l.id, 'Label' FROM labels l JOIN requested USING (id) JOIN projects p ON p.id = l.project_id
        WHERE ${visibleProjects(viewer)}
      UNION ALL SELECT p.id, 'Project' FROM projects p JOIN requested USING (id) WHERE ${visibleProjects(viewer)}
      UNION ALL SELECT id, 'User' FROM users JOIN requested USING (id)`),
    )
  }).load(id)
  const node = type && (await finders[type.type](context, id))
  return node && { ...node, __typename: type.type }
}
