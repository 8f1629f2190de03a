import { type Context, requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { inOrder, loaderOf, rowLoader } from '../reading/loader.ts'
import { type ResolverRequest, rowOf, selectedField, subfieldsOf } from '../reading/look-ahead.ts'
import { toOne } from '../reading/nested.ts'
import { readRow } from '../reading/value.ts'
import { projectsByReference } from '../reference.ts'
import { type ProjectPermissions, permissionColumns, visibleProjects } from './project.access.ts'
import { type ProjectRow, projectColumns } from './project.sql.ts'

export const findProject = rowLoader<ProjectRow>(projectColumns, sql`projects p`, visibleProjects)

/** `property` contains the id of the project. */
export const projectRelation = (property: string) => toOne(property, projectColumns, sql`projects p`)

export async function getProjectPermissions(context: Context, id: string): Promise<ProjectPermissions> {
  const permissions = await loaderOf<(ProjectPermissions & { id: string }) | null>(
    context,
    'project permissions',
    async (ids) =>
      inOrder(
        ids,
        await context.db.query<(ProjectPermissions & { id: string })[]>(sql`
      SELECT p.id, ${permissionColumns(requireViewer(context))} FROM projects p WHERE p.id = ANY(${ids}::uuid[])`),
      ),
  ).load(id)
  if (!permissions) throw new Error(`Project ${id} was not found.`)
  // A viewer who has lost access in this request can still read its payload.
  return { ...permissions, viewerRole: permissions.viewerRole ?? 'VIEWER' }
}

/** Reads the selected fields in one statement. */
export function readProjectByReference(reference: string, request: ResolverRequest): Promise<ProjectRow | null> {
  const row = rowOf(projectColumns, subfieldsOf(selectedField(request.info), request.info), request)
  const visible = visibleProjects(requireViewer(request.context))
  return readRow(request.context.db, row, sql`projects p WHERE ${projectsByReference([reference])} AND ${visible}`)
}
