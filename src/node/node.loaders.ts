import { findComment } from '../comment/comment.loaders.ts'
import { type Context, inOrder, loaderOf } from '../context.ts'
import { findHistoryEvent } from '../history/history.loaders.ts'
import { findImport } from '../import/import.loaders.ts'
import { findLabel } from '../label/label.loaders.ts'
import { findProject } from '../project/project.loaders.ts'
import { findTicket } from '../ticket/ticket.loaders.ts'
import { findUser } from '../user/user.loaders.ts'

/** How each type of node is found: by its id, if the viewer may see it. */
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

/** Whatever has an id, with the name of its type; null where there is nothing that the viewer may see. */
export async function findNode(context: Context, id: string): Promise<{ id: string; __typename: NodeType } | null> {
  const type = await loaderOf<{ id: string; type: NodeType } | null>(context, 'node types', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<{ id: string; type: NodeType }[]>`
      WITH wanted AS (SELECT unnest(${ids}::uuid[]) AS id)
      SELECT id, CASE kind WHEN 'DEFECT' THEN 'Defect' ELSE 'Issue' END AS type FROM tickets JOIN wanted USING (id)
      UNION ALL SELECT id, 'Comment' FROM comments JOIN wanted USING (id)
      UNION ALL SELECT id, 'HistoryEvent' FROM history JOIN wanted USING (id)
      UNION ALL SELECT id, 'Import' FROM imports JOIN wanted USING (id)
      UNION ALL SELECT id, 'Label' FROM labels JOIN wanted USING (id)
      UNION ALL SELECT id, 'Project' FROM projects JOIN wanted USING (id)
      UNION ALL SELECT id, 'User' FROM users JOIN wanted USING (id)`,
    ),
  ).load(id)
  const node = type && (await finders[type.type](context, id))
  return node && { ...node, __typename: type.type }
}
