import type { Viewer } from '../auth/viewer.ts'
import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { Conflict, NotFound } from '../errors.ts'
import { takenFrom, ticketChanges } from '../import-merge/change.sql.ts'
import type { Made } from '../import-merge/merge.actions.ts'
import { holdProject } from '../project/project.actions.ts'
import { mustBeAbleToUndo, visibleImports } from './import.access.ts'

/** What taking an import back did, or would do. */
export interface Undone {
  readonly importId: string
  readonly undoneCount: number
  readonly refused: readonly { readonly ticketId: string; readonly reason: string }[]
}

interface HeldImport {
  readonly projectId: string
  readonly actorId: string
  readonly dryRun: boolean
  readonly undoneAt: Date | null
  readonly made: Partial<Made>
}

/**
 * Takes an import back: the tickets that it made are deleted, those that it changed become what they were, and what else
 * it made goes where nothing uses it. A ticket that was changed or commented on since is refused and stays as it is.
 * CONFLICT where there is nothing to take back.
 */
export async function undoImport(tx: Transaction, viewer: Viewer, id: string, dryRun: boolean): Promise<Undone> {
  const found = await findHeld(tx, viewer, id)
  const project = await holdProject(tx, viewer, found.projectId)
  mustBeAbleToUndo(viewer, found, project)
  if (found.dryRun) throw new Conflict('The import was only tried: it changed nothing.')
  await tx.query(sql`
    WITH held AS (SELECT FROM tickets t WHERE t.id IN (SELECT ticket_id FROM imported_tickets WHERE import_id = ${id}::uuid)
      ORDER BY t.id FOR UPDATE)
    SELECT count(*) FROM held`)
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_undo ON COMMIT DROP AS
    SELECT t.id, t.number, i.before, CASE
      WHEN t.version <> i.version THEN 'Changed by ' || coalesce((SELECT u.name FROM users u WHERE u.id = t.updated_by_id), 'somebody') || ' since.'
      WHEN i.before IS NULL AND EXISTS (SELECT FROM comments c WHERE c.ticket_id = t.id) THEN 'Commented on since.'
      END AS refused
    FROM imported_tickets i JOIN tickets t ON t.id = i.ticket_id WHERE i.import_id = ${id}::uuid`)
  const [{ count, total }] = await tx.query<[{ count: number; total: number }]>(sql`
    SELECT count(*) FILTER (WHERE refused IS NULL)::integer AS count, count(*)::integer AS total FROM import_undo`)
  if (total === 0)
    throw new Conflict(found.undoneAt ? 'The import was undone already.' : 'The import changed no ticket.')
  const refused = await tx.query<{ ticketId: string; reason: string }[]>(sql`
    SELECT u.id AS "ticketId", u.refused AS reason FROM import_undo u WHERE u.refused IS NOT NULL ORDER BY u.number`)
  if (!dryRun && count > 0) {
    await restoreTickets(tx, viewer, id, found.projectId)
    await tx.query(
      sql`DELETE FROM tickets t USING import_undo u WHERE t.id = u.id AND u.refused IS NULL AND u.before IS NULL`,
    )
    await removeMade(tx, found.projectId, found.made)
    await tx.query(sql`UPDATE imports SET undone_at = clock_timestamp() WHERE id = ${id}::uuid`)
  }
  return { importId: id, undoneCount: count, refused }
}

async function findHeld(tx: Transaction, viewer: Viewer, id: string): Promise<HeldImport> {
  const [held] = await tx.query<HeldImport[]>(sql`
    SELECT i.project_id AS "projectId", i.actor_id AS "actorId", i.dry_run AS "dryRun", i.undone_at AS "undoneAt", i.made
    FROM imports i WHERE i.id = ${id}::uuid AND ${visibleImports(viewer)} FOR UPDATE`)
  if (!held) throw new NotFound(`There is no import ${id}.`)
  return held
}

/** Gives tickets that the import changed what they had before: one more change of each of them. */
async function restoreTickets(tx: Transaction, viewer: Viewer, id: string, projectId: string): Promise<void> {
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_restored ON COMMIT DROP AS
    SELECT was.*, u.before -> 'label_ids' AS label_ids, (SELECT coalesce(jsonb_agg(l.name), '[]') FROM labels l
      WHERE l.id::text IN (SELECT jsonb_array_elements_text(u.before -> 'label_ids'))) AS labels, clock_timestamp()::timestamptz(3) AS at
    FROM import_undo u, jsonb_populate_record(NULL::tickets, u.before) was WHERE u.refused IS NULL AND u.before IS NOT NULL`)
  await tx.query(sql`
    INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes)
    SELECT t.id, ${viewer.id}::uuid, r.at, t.version + 1, 'IMPORT', ${id}::uuid,
      ${ticketChanges(sql`t`, sql`r`, projectId)}
    FROM import_restored r JOIN tickets t ON t.id = r.id`)
  await tx.query(sql`
    UPDATE tickets t SET ${takenFrom('r')}, resolved_at = r.resolved_at,
      version = t.version + 1, updated_at = r.at, updated_by_id = ${viewer.id}::uuid
    FROM import_restored r WHERE t.id = r.id`)
  await tx.query(sql`
    DELETE FROM ticket_labels tl USING import_restored r
    WHERE tl.ticket_id = r.id AND tl.label_id::text NOT IN (SELECT jsonb_array_elements_text(r.label_ids))`)
  await tx.query(sql`
    INSERT INTO ticket_labels (ticket_id, label_id)
    SELECT r.id, l.id FROM import_restored r, jsonb_array_elements_text(r.label_ids) AS given(id) JOIN labels l ON l.id = given.id::uuid
    ON CONFLICT DO NOTHING`)
  await tx.query(sql`
    DELETE FROM imported_tickets i USING import_restored r WHERE i.import_id = ${id}::uuid AND i.ticket_id = r.id`)
}

/** Takes away the labels, spellings and numbers that an import made and nothing uses. */
async function removeMade(
  tx: Transaction,
  projectId: string,
  { labels, terms, lastNumber }: Partial<Made>,
): Promise<void> {
  const project = sql`${projectId}::uuid`
  await tx.query(sql`
    DELETE FROM labels l WHERE l.id = ANY(${labels ?? []}::uuid[])
      AND NOT EXISTS (SELECT FROM ticket_labels tl WHERE tl.label_id = l.id)`)
  await tx.query(sql`
    DELETE FROM defect_terms d USING jsonb_to_recordset(${JSON.stringify(terms ?? [])}::jsonb) AS made(field text, folded text)
    WHERE d.project_id = ${project} AND d.field::text = made.field AND d.folded = made.folded
      AND NOT EXISTS (SELECT FROM tickets t WHERE t.project_id = ${project}
        AND lower(CASE d.field WHEN 'CATEGORY' THEN t.category ELSE t.subcategory END) = d.folded)`)
  await tx.query(sql`
    UPDATE projects SET last_number = ${lastNumber ?? 0} WHERE id = ${project} AND ${lastNumber ?? null}::integer IS NOT NULL
      AND NOT EXISTS (SELECT FROM tickets t WHERE t.project_id = ${project} AND t.number > ${lastNumber ?? 0})`)
}
