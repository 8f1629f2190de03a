import { type Context, requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { inOrder, loaderOf, rowLoader } from '../reading/loader.ts'
import { type Asked, rowOf, selectedBelow, selectedBy } from '../reading/look-ahead.ts'
import { rowBelow } from '../reading/nested.ts'
import { readRow } from '../reading/value.ts'
import { projectsNamed } from '../reference.ts'
import { type ProjectRights, rightsColumns, visibleProjects } from './project.access.ts'
import { type ProjectRow, projectColumns } from './project.sql.ts'

/** The project with an id; null if there is none that the viewer may see. */
export const findProject = rowLoader<ProjectRow>(projectColumns, sql`projects p`, visibleProjects)

/** The project whose id a row has in a property. */
export const projectBelow = (property: string) => rowBelow(property, projectColumns, sql`projects p`)

/** What the viewer's rights in a project hang on. */
export async function getProjectRights(context: Context, id: string): Promise<ProjectRights> {
  const rights = await loaderOf<(ProjectRights & { id: string }) | null>(context, 'project rights', async (ids) =>
    inOrder(
      ids,
      await context.db.query<(ProjectRights & { id: string })[]>(sql`
      SELECT p.id, ${rightsColumns(requireViewer(context))} FROM projects p WHERE p.id = ANY(${ids}::uuid[])`),
    ),
  ).load(id)
  if (!rights) throw new Error(`There is no project ${id}.`)
  // Who has just shut themselves out still reads the answer to that.
  return { ...rights, viewerRole: rights.viewerRole ?? 'VIEWER' }
}

/** The project that an id or a key names, with what is selected of it; null where there is none to see. */
export function readProjectNamed(reference: string, asked: Asked): Promise<ProjectRow | null> {
  const row = rowOf(projectColumns, selectedBelow(selectedBy(asked.info), asked.info), asked)
  const visible = visibleProjects(requireViewer(asked.context))
  return readRow(asked.context.db, row, sql`projects p WHERE ${projectsNamed([reference])} AND ${visible}`)
}
