import type { Viewer } from '../auth/viewer.ts'
import type { BulkTransaction, RunBulkTransaction } from '../database/bulk-transaction.ts'
import { sql } from '../database/sql.ts'
import type { ImportReading } from '../import-file/row.parser.ts'
import { keepFaults, keepRejectedRows } from '../import-merge/error.actions.ts'
import { mergeRows } from '../import-merge/merge.actions.ts'
import { planRows } from '../import-merge/plan.actions.ts'
import { type ImportFile, stageRows } from '../import-merge/stage.actions.ts'
import { mustHaveRole, type ProjectRights } from '../project/project.access.ts'
import { getProjectNamed, holdProject } from '../project/project.actions.ts'
import { mustBeAbleToImport } from './import.access.ts'

/** A file to import, how to read it, and what to do with it. */
export interface NewImport extends ImportReading {
  readonly projectId: string
  readonly file: ImportFile
  /** Whether labels that the project does not have are made. */
  readonly createLabels: boolean
  /** Whether rows at fault are left out; else one of them leaves out all. */
  readonly skipFaulty: boolean
  readonly dryRun: boolean
}

/** How an import is watched and stopped from outside. */
export interface ImportWatch {
  /** Told how many bytes of the file were read. */
  readonly read?: (bytes: number) => void
  /** Stops the import, with nothing done. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Imports the tickets of a CSV file in one transaction, in constant memory, and returns the id of the record of it. What
 * is wrong with rows is kept there; BAD_USER_INPUT is for what is no CSV at all.
 */
export function importTickets(
  transaction: RunBulkTransaction,
  viewer: Viewer,
  input: NewImport,
  { read = () => {}, signal }: ImportWatch = {},
): Promise<string> {
  return transaction(async (tx) => {
    const project = await getProjectNamed(tx, viewer, input.projectId)
    mustBeAbleToStart(project, input)
    const watch = (bytes: number) => {
      signal?.throwIfAborted()
      read(bytes)
    }
    const mayUse = (field: Parameters<typeof mustBeAbleToImport>[0]) => mustBeAbleToImport(field, project)
    const { header, refused } = await stageRows(tx, input.file, input, mayUse, watch)
    signal?.throwIfAborted()
    // Only now, so that others can file tickets while the file is read.
    mustBeAbleToStart(await holdProject(tx, viewer, project.id), input)
    await lockReferred(tx, project.id)
    await planRows(tx, project.id, input.kind, viewer, header, input.createLabels)
    const [counts] = await tx.query<[{ rows: number; rejected: number; faults: number }]>(sql`
        SELECT count(*) FILTER (WHERE row > 0)::integer AS rows,
          count(*) FILTER (WHERE row > 0 AND faults IS NOT NULL)::integer AS rejected,
          coalesce(sum(jsonb_array_length(faults)), 0)::integer AS faults FROM import_plan`)
    const [{ id, at }] = await tx.query<[{ id: string; at: Date }]>(sql`
        INSERT INTO imports (project_id, actor_id, file_name, kind, dry_run, created_at, row_count, rejected_count, fault_count)
        VALUES (${project.id}::uuid, ${viewer.id}::uuid, ${input.file.name}, ${input.kind}::ticket_kind, ${input.dryRun},
          clock_timestamp(), ${counts.rows}, ${counts.rejected}, ${counts.faults}) RETURNING id, created_at AS at`)
    await keepFaults(tx, id, project.id)
    if (input.skipFaulty && counts.rejected > 0 && !refused) await keepRejectedRows(tx, id, input.file, header)
    if (!refused && (counts.rejected === 0 || input.skipFaulty)) {
      await tx.query(sql`SAVEPOINT merged`)
      const merged = await mergeRows(tx, viewer, { importId: id, projectId: project.id, kind: input.kind, at })
      if (input.dryRun) await tx.query(sql`ROLLBACK TO SAVEPOINT merged`)
      await tx.query(sql`
          UPDATE imports SET created_count = ${merged.createdCount}, updated_count = ${merged.updatedCount},
            unchanged_count = ${merged.unchangedCount}, made = ${JSON.stringify(input.dryRun ? {} : merged.made)}::jsonb WHERE id = ${id}::uuid`)
    }
    signal?.throwIfAborted()
    return id
  })
}

function mustBeAbleToStart(rights: ProjectRights, { createLabels }: NewImport): void {
  mustHaveRole(rights, 'CONTRIBUTOR', 'Importing tickets')
  if (createLabels) mustHaveRole(rights, 'MAINTAINER', 'Making labels')
}

/**
 * Locks what import_rows refers to until the transaction ends: the project's labels, then the tickets of the external
 * keys, in the order in which others lock them.
 */
async function lockReferred(tx: BulkTransaction, projectId: string): Promise<void> {
  const project = sql`${projectId}::uuid`
  await tx.query(sql`
    WITH held AS (SELECT FROM labels WHERE project_id = ${project} ORDER BY id FOR KEY SHARE) SELECT count(*) FROM held`)
  await tx.query(sql`
    WITH held AS (SELECT FROM tickets t WHERE t.project_id = ${project} AND t.external_key IN (SELECT external_key FROM import_rows)
      ORDER BY t.id FOR UPDATE)
    SELECT count(*) FROM held`)
}
