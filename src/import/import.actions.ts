import type { BulkTransaction, RunBulkTransaction } from '../database/bulk-transaction.ts'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import type { ImportFieldKey } from '../import-file/field.parser.ts'
import { columnUses, type FileFormat } from '../import-file/header.parser.ts'
import { storeErrors, storeRejectedRows, storeWarnings } from '../import-merge/error.actions.ts'
import { type MergeResult, type MergeTarget, mergeRows, type SideEffects } from '../import-merge/merge.actions.ts'
import { planRows } from '../import-merge/plan.actions.ts'
import { previewOf } from '../import-merge/preview.actions.ts'
import { type ImportFile, stageRows } from '../import-merge/stage.actions.ts'
import { toNormalForm } from '../normal-form.ts'
import { hasRole, mustHaveRole, type ProjectPermissions } from '../project/project.access.ts'
import { getProjectByReference, lockProject } from '../project/project.actions.ts'
import type { Viewer } from '../viewer.ts'
import { mustBeAbleToImport } from './import.access.ts'

export interface NewImport extends FileFormat {
  readonly projectId: string
  readonly file: ImportFile
  readonly createLabels: boolean
  readonly describeUnknownUsers: boolean
  /** True for the files of another tracker, whose open tickets may have had a resolution. */
  readonly ignoreOpenResolutions: boolean
  readonly skipInvalidRows: boolean
  readonly dryRun: boolean
}

interface ImportOptions {
  /** Receives the number of bytes of each chunk. */
  readonly onRead?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

const noMerge = { createdCount: 0, updatedCount: 0, unchangedCount: 0, sideEffects: {}, preview: '[]' }

/**
 * Imports a CSV file in one transaction and in constant memory. Stores row errors with the import, and returns its id.
 * Throws BAD_USER_INPUT if the file is not CSV.
 */
export function importTickets(
  transaction: RunBulkTransaction,
  viewer: Viewer,
  input: NewImport,
  { onRead = () => {}, signal }: ImportOptions = {},
): Promise<string> {
  return transaction(async (tx) => {
    const project = await mustBeAbleToStart(tx, viewer, input)
    const onChunk = (bytes: number) => {
      signal?.throwIfAborted()
      onRead(bytes)
    }
    const checkField = (field: ImportFieldKey) => mustBeAbleToImport(field, project)
    const { header, warnings, isMergeable } = await stageRows(tx, input.file, input, checkField, onChunk)
    signal?.throwIfAborted()
    // Locked after reading the file, so that other requests can create tickets in the meantime.
    const permissions = await lockProject(tx, viewer, project.id)
    mustBeAllowed(permissions, input)
    for (const field of header.fields.keys()) mustBeAbleToImport(field, permissions)
    await lockReferencedRows(tx, project.id)
    await planRows(tx, project.id, viewer, header, {
      ...input,
      acceptFormerUsers: hasRole(permissions, 'MAINTAINER'),
      isMergeable,
    })
    const [counts] = await tx.query<[{ rows: number; rejected: number; errors: number }]>(sql`
        SELECT count(*) FILTER (WHERE row > 0)::integer AS rows,
          count(*) FILTER (WHERE row > 0 AND errors IS NOT NULL)::integer AS rejected,
          coalesce(sum(jsonb_array_length(errors)), 0)::integer AS errors FROM import_plan`)
    const [{ id, at }] = await tx.query<[{ id: string; at: Date }]>(sql`
        INSERT INTO imports (project_id, actor_id, file_name, kind, dry_run, created_at, row_count, rejected_count, fault_count, columns)
        VALUES (${project.id}::uuid, ${viewer.id}::uuid, ${toNormalForm(input.file.name)}, ${input.kind}::ticket_kind, ${input.dryRun},
          clock_timestamp(), ${counts.rows}, ${counts.rejected}, ${counts.errors}, ${JSON.stringify(columnUses(header))}::jsonb)
        RETURNING id, created_at AS at`)
    await storeErrors(tx, id, project.id)
    const warningCount = await storeWarnings(tx, id, warnings)
    if (input.skipInvalidRows && counts.rejected > 0 && isMergeable) await storeRejectedRows(tx, id, input.file)
    const isAccepted = isMergeable && (counts.rejected === 0 || input.skipInvalidRows)
    // A dry run also shows the effects of the valid rows of a file that would be rejected.
    const merge =
      isAccepted || (isMergeable && input.dryRun)
        ? await mergePlan(tx, viewer, input, { importId: id, projectId: project.id, at })
        : noMerge
    const { createdCount, updatedCount, unchangedCount } = isAccepted ? merge : noMerge
    await tx.query(sql`
        UPDATE imports SET warning_count = ${warningCount}, created_count = ${createdCount}, updated_count = ${updatedCount},
          unchanged_count = ${unchangedCount}, preview = ${merge.preview}::jsonb, made = ${JSON.stringify(merge.sideEffects)}::jsonb
        WHERE id = ${id}::uuid`)
    signal?.throwIfAborted()
    return id
  })
}

/** Merges the valid rows; a dry run takes this back, and has a preview instead of side effects. */
async function mergePlan(
  tx: BulkTransaction,
  viewer: Viewer,
  { dryRun }: Pick<NewImport, 'dryRun'>,
  target: MergeTarget,
): Promise<
  Omit<MergeResult, 'sideEffects'> & { readonly sideEffects: Partial<SideEffects>; readonly preview: string }
> {
  if (!dryRun) return { ...(await mergeRows(tx, viewer, target)), preview: '[]' }
  await tx.query(sql`SAVEPOINT merge`)
  const merge = await mergeRows(tx, viewer, target)
  const preview = await previewOf(tx)
  await tx.query(sql`ROLLBACK TO SAVEPOINT merge`)
  return { ...merge, sideEffects: {}, preview }
}

/** Returns the project. Throws NOT_FOUND or FORBIDDEN. */
export async function mustBeAbleToStart(
  db: Statements,
  viewer: Viewer,
  { projectId, createLabels }: Pick<NewImport, 'projectId' | 'createLabels'>,
): Promise<ProjectPermissions & { readonly id: string }> {
  const project = await getProjectByReference(db, viewer, projectId)
  mustBeAllowed(project, { createLabels })
  return project
}

function mustBeAllowed(permissions: ProjectPermissions, { createLabels }: Pick<NewImport, 'createLabels'>): void {
  mustHaveRole(permissions, 'CONTRIBUTOR', 'Importing tickets')
  if (createLabels) mustHaveRole(permissions, 'MAINTAINER', 'Creating labels')
}

/** Locks the labels of the project, then the tickets with the external keys, in the order of other transactions. */
async function lockReferencedRows(tx: BulkTransaction, projectId: string): Promise<void> {
  const project = sql`${projectId}::uuid`
  await tx.query(sql`
    WITH locked AS (SELECT FROM labels WHERE project_id = ${project} ORDER BY id FOR KEY SHARE) SELECT count(*) FROM locked`)
  await tx.query(sql`
    WITH locked AS (SELECT FROM tickets t WHERE t.project_id = ${project} AND t.external_key IN (SELECT external_key FROM import_rows)
      ORDER BY t.id FOR UPDATE)
    SELECT count(*) FROM locked`)
}
