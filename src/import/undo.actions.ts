import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { SideEffects } from '../import-merge/merge.actions.ts'
import { planUndo, revertRows } from '../import-merge/revert.actions.ts'
import { lockProject } from '../project/project.actions.ts'
import type { Viewer } from '../viewer.ts'
import { mustBeAbleToUndo, visibleImports } from './import.access.ts'

export interface UndoResult {
  readonly importId: string
  readonly undoneCount: number
  readonly refusals: readonly { readonly ticketId: string; readonly reason: string }[]
}

interface LockedImport {
  readonly projectId: string
  readonly actorId: string
  readonly dryRun: boolean
  readonly undoneAt: Date | null
  readonly sideEffects: Partial<SideEffects>
}

/**
 * Deletes created tickets and unused side effects, restores changed tickets. Throws CONFLICT if there is nothing to
 * undo.
 */
export async function undoImport(tx: Transaction, viewer: Viewer, id: string, dryRun: boolean): Promise<UndoResult> {
  const record = await lockImport(tx, viewer, id)
  const project = await lockProject(tx, viewer, record.projectId)
  mustBeAbleToUndo(viewer, record, project)
  if (record.dryRun) throw new Conflict('The import was a dry run: there is nothing to undo.')
  const { total, revertible, refusals } = await planUndo(tx, id)
  if (total === 0)
    throw new Conflict(
      record.undoneAt ? 'The import was already undone.' : 'The import changed no tickets: there is nothing to undo.',
    )
  if (!dryRun && revertible > 0) {
    await revertRows(tx, viewer, id, record.projectId, record.sideEffects)
    await tx.query(sql`UPDATE imports SET undone_at = clock_timestamp() WHERE id = ${id}::uuid`)
  }
  return { importId: id, undoneCount: revertible, refusals }
}

async function lockImport(tx: Transaction, viewer: Viewer, id: string): Promise<LockedImport> {
  const [record] = await tx.query<LockedImport[]>(sql`
    SELECT i.project_id AS "projectId", i.actor_id AS "actorId", i.dry_run AS "dryRun", i.undone_at AS "undoneAt",
      i.made AS "sideEffects"
    FROM imports i WHERE i.id = ${id}::uuid AND ${visibleImports(viewer)} FOR UPDATE`)
  if (!record) throw new NotFound(`Import "${id}" was not found, or you cannot see it.`)
  return record
}
