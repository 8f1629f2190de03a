import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { visibleProjects } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import { visibleWebhooks } from '../webhook/webhook.access.ts'

/** True if the viewer can no longer see the object with one of the ids: its project, or for a webhook itself. */
export async function hasHiddenObject(db: Statements, viewer: Viewer, ids: readonly string[]): Promise<boolean> {
  const isGiven = sql`= ANY(${ids}::uuid[])`
  const [{ isHidden }] = await db.query<[{ isHidden: boolean }]>(sql`
    SELECT EXISTS (SELECT FROM projects p WHERE NOT ${visibleProjects(viewer)} AND p.id IN (
      SELECT unnest(${ids}::uuid[])
      UNION ALL SELECT t.project_id FROM tickets t WHERE t.id ${isGiven}
      UNION ALL SELECT l.project_id FROM labels l WHERE l.id ${isGiven}
      UNION ALL SELECT i.project_id FROM imports i WHERE i.id ${isGiven}
      UNION ALL SELECT t.project_id FROM comments c JOIN tickets t ON t.id = c.ticket_id WHERE c.id ${isGiven}
    )) OR EXISTS (SELECT FROM webhooks w WHERE NOT ${visibleWebhooks(viewer)} AND w.id IN (
      SELECT unnest(${ids}::uuid[])
      UNION ALL SELECT d.webhook_id FROM webhook_deliveries d WHERE d.id ${isGiven}
    )) AS "isHidden"`)
  return isHidden
}
