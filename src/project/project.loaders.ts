import { Prisma } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { type Asked, rowOf, selectedBelow, selectedBy } from '../reading/look-ahead.ts'
import { rowBelow } from '../reading/nested.ts'
import { readRow } from '../reading/value.ts'
import { projectsNamed } from '../reference.ts'
import { type ProjectRights, rightsColumns, visibleProjects } from './project.access.ts'
import { type ProjectRow, projectColumns } from './project.sql.ts'

/** The project of an id; null where there is none to see. */
export function findProject(context: Context, id: string): Promise<ProjectRow | null> {
  return loaderOf<ProjectRow | null>(context, 'projects', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<ProjectRow[]>`
      SELECT ${projectColumns.all} FROM projects p WHERE p.id = ANY(${ids}::uuid[]) AND ${visibleProjects(signedIn(context))}`,
    ),
  ).load(id)
}

/** The project whose id a row has in a property. */
export const projectBelow = (property: string) => rowBelow(property, projectColumns, Prisma.sql`projects p`)

/** What the viewer's rights in a project hang on. */
export async function getProjectRights(context: Context, id: string): Promise<ProjectRights> {
  const rights = await loaderOf<(ProjectRights & { id: string }) | null>(context, 'project rights', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<(ProjectRights & { id: string })[]>`
      SELECT p.id, ${rightsColumns(signedIn(context))} FROM projects p WHERE p.id = ANY(${ids}::uuid[])`,
    ),
  ).load(id)
  if (!rights) throw new Error(`There is no project ${id}.`)
  // Who has just shut themselves out still reads the answer to that.
  return { ...rights, viewerRole: rights.viewerRole ?? 'VIEWER' }
}

/** The project that an id or a key names, with what is selected of it; null where there is none to see. */
export function readProjectNamed(reference: string, asked: Asked): Promise<ProjectRow | null> {
  const row = rowOf(projectColumns, selectedBelow(selectedBy(asked.info), asked.info), asked)
  const visible = visibleProjects(signedIn(asked.context))
  return readRow(asked.context.direct, row, Prisma.sql`projects p WHERE ${projectsNamed([reference])} AND ${visible}`)
}
