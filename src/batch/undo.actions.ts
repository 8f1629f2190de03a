import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { Conflict, type FieldError, Forbidden, NotFound } from '../errors.ts'
import { hasRole, type ProjectPermissions, permissionColumns } from '../project/project.access.ts'
import { visibleTickets } from '../ticket/ticket.access.ts'
import type { Viewer } from '../viewer.ts'
import { undoLabelDeletion } from './undo-label.actions.ts'
import { undoStatusChanges } from './undo-status.actions.ts'

export interface BatchUndo {
  /** Id of the batch of the undo; null if nothing changed. */
  readonly batch: string | null
  readonly undoneIds: readonly string[]
  readonly refusals: readonly { readonly ticketId: string; readonly reason: string }[]
}

interface BatchEvent extends ProjectPermissions {
  readonly id: string
  readonly ticketId: string
  readonly key: string
  readonly reverted: boolean
  readonly deletesLabel: boolean
  /** Name of the user who has changed the same fields since; null without such a change. */
  readonly changedBy: string | null
}

const maxErrors = 100

/**
 * Restores the values that a bulk change replaced, except those that were changed since. Throws NOT_FOUND for an unknown batch,
 * and CONFLICT for one that cannot be undone.
 */
export async function undoBatch(tx: Transaction, viewer: Viewer, batch: string, dryRun: boolean): Promise<BatchUndo> {
  await tx.query(sql`
    SELECT FROM tickets t WHERE t.id IN (SELECT h.ticket_id FROM history h WHERE h.batch = ${batch}::uuid AND h.before IS NOT NULL)
      AND ${visibleTickets(viewer)} ORDER BY t.id FOR UPDATE`)
  const events = await readEvents(tx, viewer, batch)
  if (events.length === 0) await rejectBatch(tx, viewer, batch)
  if (events.every(({ reverted }) => reverted)) throw new Conflict('The batch was already undone.')
  mustBeAbleToUndo(events)
  const undoable = events.filter(({ reverted, changedBy }) => !reverted && changedBy === null)
  const refusals = events.flatMap(({ ticketId, reverted, changedBy }) =>
    !reverted && changedBy !== null ? [{ ticketId, reason: `Changed by ${changedBy} since the bulk change.` }] : [],
  )
  const undoneIds = undoable.map(({ ticketId }) => ticketId)
  if (dryRun || undoable.length === 0) return { batch: null, undoneIds, refusals }
  const eventIds = undoable.map(({ id }) => id)
  const undo = undoable[0]?.deletesLabel ? undoLabelDeletion : undoStatusChanges
  const undoId = await undo(tx, viewer, eventIds)
  await tx.query(sql`UPDATE history SET reverted = TRUE WHERE id = ANY(${eventIds}::uuid[])`)
  return { batch: undoId, undoneIds, refusals }
}

/** A label that was added since does not conflict with the return of the deleted one. */
const readEvents = (tx: Transaction, viewer: Viewer, batch: string) =>
  tx.query<BatchEvent[]>(sql`
    SELECT h.id, t.id AS "ticketId", p.key || '-' || t.number AS key, h.reverted, h.before ? 'label' AS "deletesLabel",
      ${permissionColumns(viewer)}, later.name AS "changedBy"
    FROM history h JOIN tickets t ON t.id = h.ticket_id JOIN projects p ON p.id = t.project_id
    LEFT JOIN LATERAL (SELECT u.name FROM history l JOIN users u ON u.id = l.actor_id
      WHERE l.ticket_id = h.ticket_id AND l.version > h.version AND NOT l.reverted
        AND (l.changes @> '[{"field": "status"}]' OR l.changes @> '[{"field": "resolution"}]') AND NOT h.before ? 'label'
      ORDER BY l.version DESC LIMIT 1) later ON TRUE
    WHERE h.batch = ${batch}::uuid AND h.before IS NOT NULL AND ${visibleTickets(viewer)} ORDER BY t.id`)

/** Explains why no event of the batch can be undone. */
async function rejectBatch(tx: Transaction, viewer: Viewer, batch: string): Promise<never> {
  const [event] = await tx.query<{ source: string }[]>(sql`
    SELECT h.source FROM history h JOIN tickets t ON t.id = h.ticket_id
    WHERE h.batch = ${batch}::uuid AND ${visibleTickets(viewer)} LIMIT 1`)
  if (!event) throw new NotFound(`Batch "${batch}" was not found, or you cannot see it.`)
  throw new Conflict(
    {
      IMPORT: 'The batch is an import: undo it by `undoImport`.',
      UNDO: 'The batch is an undo. Repeat the bulk change instead.',
    }[event.source] ??
      'The batch was made by an earlier version of Snaglist, which did not store the previous values: it cannot be undone.',
  )
}

function mustBeAbleToUndo(events: readonly BatchEvent[]): void {
  const role = events[0]?.deletesLabel ? 'MAINTAINER' : 'CONTRIBUTOR'
  const denied = events.filter((event) => !hasRole(event, role))
  if (denied.length === 0) return
  const errors = denied
    .slice(0, maxErrors)
    .map(({ key }): FieldError => ({ path: 'batch', message: `includes ${key}, which you cannot change` }))
  throw new Forbidden(
    `You cannot undo the changes of ${denied.length} of the tickets: this requires ${role} in their projects, which must not be archived. Nothing was changed.`,
    errors,
  )
}
