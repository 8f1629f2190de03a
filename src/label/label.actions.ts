import { definedFields } from '../database/patch.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import { NotFound } from '../errors.ts'
import { mustHaveRole, type ProjectPermissions, permissionColumns, visibleProjects } from '../project/project.access.ts'
import { getProjectByReference } from '../project/project.actions.ts'
import { recordBatch } from '../ticket/ticket-change.sql.ts'
import type { Viewer } from '../viewer.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

export interface NewLabel {
  readonly projectId: string
  readonly name: string
  readonly color: string
  readonly description?: string | null | undefined
}

export async function createLabel(
  tx: Transaction,
  viewer: Viewer,
  { projectId, name, color, description }: NewLabel,
): Promise<LabelRow> {
  const project = await getProjectByReference(tx, viewer, projectId)
  mustHaveRole(project, 'MAINTAINER', 'Managing labels')
  return tx.prisma.label.create({ data: { projectId: project.id, name, color, description: description ?? null } })
}

async function lockLabel(tx: Transaction, viewer: Viewer, id: string): Promise<LabelRow> {
  const target = sql`l.id = ${id}::uuid AND ${visibleProjects(viewer)}`
  await tx.query(sql`SELECT FROM labels l JOIN projects p ON p.id = l.project_id WHERE ${target} FOR UPDATE OF l`)
  const rows = await tx.query<(LabelRow & ProjectPermissions)[]>(sql`
    SELECT ${labelColumns.all}, ${permissionColumns(viewer)} FROM labels l JOIN projects p ON p.id = l.project_id
    WHERE ${target}`)
  if (!rows[0]) throw new NotFound(`Label "${id}" was not found, or you cannot see it.`)
  mustHaveRole(rows[0], 'MAINTAINER', 'Managing labels')
  return rows[0]
}

export interface LabelPatch {
  readonly id: string
  readonly name?: string | undefined
  readonly color?: string | undefined
  readonly description?: string | null | undefined
}

/** Does not change the versions of tickets with the label. */
export async function updateLabel(tx: Transaction, viewer: Viewer, { id, ...patch }: LabelPatch): Promise<LabelRow> {
  await lockLabel(tx, viewer, id)
  return tx.prisma.label.update({ where: { id }, data: definedFields(patch) })
}

/** Removing the label is a change of each of its tickets, in one batch. Returns the id of the project. */
export async function deleteLabel(tx: Transaction, viewer: Viewer, id: string): Promise<string> {
  const { projectId } = await lockLabel(tx, viewer, id)
  const tickets = await tx.query<{ id: string }[]>(sql`
    SELECT t.id FROM tickets t JOIN ticket_labels tl ON tl.ticket_id = t.id WHERE tl.label_id = ${id}::uuid
    ORDER BY t.id FOR UPDATE OF t`)
  const labelNames = (condition: Sql) => sql`
    (SELECT string_agg(l.name, ', ' ORDER BY fold_case(l.name)) FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id
     WHERE tl.ticket_id = c.id ${condition})`
  await tx.query(sql`
    WITH moment AS MATERIALIZED (SELECT clock_timestamp()::timestamptz(3) AS at, new_id() AS batch),
    changed AS (
      UPDATE tickets t SET version = t.version + 1, updated_at = moment.at, updated_by_id = ${viewer.id}::uuid
      FROM moment WHERE t.id = ANY(${tickets.map((ticket) => ticket.id)}::uuid[])
        -- The label may have been removed during the wait for the locks.
        AND EXISTS (SELECT FROM ticket_labels tl WHERE tl.ticket_id = t.id AND tl.label_id = ${id}::uuid)
      RETURNING t.id, t.project_id, t.number, t.version, moment.at, moment.batch),
    ${recordBatch({
      from: sql`changed`,
      actorId: viewer.id,
      source: 'BULK',
      changes: sql`jsonb_build_array(jsonb_build_object('field', 'labels',
        'from', ${labelNames(empty)}, 'to', ${labelNames(sql`AND l.id <> ${id}::uuid`)}))`,
      before: sql`(SELECT jsonb_build_object('label', to_jsonb(l)) FROM labels l WHERE l.id = ${id}::uuid)`,
    })}
    SELECT count(*) FROM changed`)
  await tx.prisma.label.delete({ where: { id } })
  return projectId
}
