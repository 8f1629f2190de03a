import { findComment } from '../comment/comment.loaders.ts'
import { type Context, requireViewer } from '../context.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import { findHistoryEvent } from '../history/history.loaders.ts'
import { visibleImports } from '../import/import.access.ts'
import { findImport } from '../import/import.loaders.ts'
import { findLabel } from '../label/label.loaders.ts'
import { visibleProjects } from '../project/project.access.ts'
import { findProject } from '../project/project.loaders.ts'
import { loaderOf } from '../reading/loader.ts'
import { isId, isProjectReference, isTicketReference, projectsByReference, ticketsByReference } from '../reference.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import { findTicket } from '../ticket/ticket.loaders.ts'
import { findUser } from '../user/user.loaders.ts'
import type { Viewer } from '../viewer.ts'
import { visibleWebhooks } from '../webhook/webhook.access.ts'
import { findDelivery, findWebhook } from '../webhook/webhook.loaders.ts'

const finders = {
  User: findUser,
  Project: findProject,
  Issue: findTicket,
  Defect: findTicket,
  Label: findLabel,
  Comment: findComment,
  HistoryEvent: findHistoryEvent,
  Import: findImport,
  Webhook: findWebhook,
  WebhookDelivery: findDelivery,
} as const

type NodeType = keyof typeof finders

interface NodeReference {
  readonly id: string
  readonly type: NodeType
  /** An id in lower case, or a key in upper case. */
  readonly reference: string
}

/**
 * Finds an object by its id, or by the key of a ticket or project. Takes the same steps for invisible and for missing objects,
 * so that timing does not reveal which.
 */
export async function findNode(context: Context, text: string): Promise<{ id: string; __typename: NodeType } | null> {
  const reference = isId(text) ? text.toLowerCase() : text.toUpperCase()
  if (!isTicketReference(reference) && !isProjectReference(reference)) return null
  const node = await loaderOf<NodeReference | null>(context, 'node types', async (references) => {
    const nodes = await context.db.query<NodeReference[]>(selectNodes(requireViewer(context), references))
    const byReference = new Map(nodes.map((found) => [found.reference, found]))
    return references.map((requested) => byReference.get(requested) ?? null)
  }).load(reference)
  const row = node && (await finders[node.type](context, node.id))
  return row && { ...row, __typename: node.type }
}

function selectNodes(viewer: Viewer, references: readonly string[]): Sql {
  const ids = references.filter(isId)
  const ticketKeys = references.filter((reference) => !isId(reference) && isTicketReference(reference))
  const projectKeys = references.filter((reference) => !isId(reference) && isProjectReference(reference))
  const kind = sql`CASE t.kind WHEN 'DEFECT' THEN 'Defect' ELSE 'Issue' END`
  const visible = visibleTicketsByReference(viewer)
  const byId = sql`
    WITH requested AS (SELECT unnest(${ids}::uuid[]) AS id)
    SELECT t.id, ${kind} AS type, t.id::text AS reference FROM tickets t JOIN requested USING (id) WHERE ${visible}
    UNION ALL SELECT c.id, 'Comment', c.id::text FROM comments c JOIN requested USING (id)
      JOIN tickets t ON t.id = c.ticket_id WHERE ${visible}
    UNION ALL SELECT h.id, 'HistoryEvent', h.id::text FROM history h JOIN requested USING (id)
      JOIN tickets t ON t.id = h.ticket_id WHERE ${visible}
    UNION ALL SELECT i.id, 'Import', i.id::text FROM imports i JOIN requested USING (id) WHERE ${visibleImports(viewer)}
    UNION ALL SELECT l.id, 'Label', l.id::text FROM labels l JOIN requested USING (id)
      JOIN projects p ON p.id = l.project_id WHERE ${visibleProjects(viewer)}
    UNION ALL SELECT w.id, 'Webhook', w.id::text FROM webhooks w JOIN requested USING (id) WHERE ${visibleWebhooks(viewer)}
    UNION ALL SELECT d.id, 'WebhookDelivery', d.id::text FROM webhook_deliveries d JOIN requested USING (id)
      JOIN webhooks w ON w.id = d.webhook_id WHERE ${visibleWebhooks(viewer)}
    UNION ALL SELECT p.id, 'Project', p.id::text FROM projects p JOIN requested USING (id) WHERE ${visibleProjects(viewer)}
    UNION ALL SELECT id, 'User', id::text FROM users JOIN requested USING (id)`
  const byTicketKey = sql`
    UNION ALL SELECT t.id, ${kind}, p.key || '-' || t.number FROM tickets t JOIN projects p ON p.id = t.project_id
      WHERE ${ticketsByReference(ticketKeys)} AND ${visibleProjects(viewer)}`
  const byProjectKey = sql`
    UNION ALL SELECT p.id, 'Project', p.key FROM projects p
      WHERE ${projectsByReference(projectKeys)} AND ${visibleProjects(viewer)}`
  return sql`${byId} ${ticketKeys.length > 0 ? byTicketKey : empty} ${projectKeys.length > 0 ? byProjectKey : empty}`
}
