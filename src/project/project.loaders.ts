import { Prisma } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf, signedIn } from '../context.ts'
import { NotFound } from '../errors.ts'
import { projectsNamed } from '../reference.ts'
import { type ProjectRights, rightsColumns, visibleProjects } from './project.access.ts'
import { type ProjectRow, projectColumns } from './project.sql.ts'

/** The project of an id; null where there is none to see. */
export function findProject(context: Context, id: string): Promise<ProjectRow | null> {
  return loaderOf<ProjectRow | null>(context, 'projects', async (ids) =>
    inOrder(
      ids,
      await context.prisma.$queryRaw<ProjectRow[]>`
      SELECT ${projectColumns} FROM projects p WHERE p.id = ANY(${ids}::uuid[]) AND ${visibleProjects(signedIn(context))}`,
    ),
  ).load(id)
}

/** The project of an id that a row refers to which the viewer may see. */
export async function getProject(context: Context, id: string): Promise<ProjectRow> {
  const project = await findProject(context, id)
  // A change, this one or another's, may just have shut the viewer out.
  if (!project) throw new NotFound(`There is no project ${id}.`)
  return project
}

/** What the viewer's rights in a project hang on. */
export async function getProjectRights(context: Context, id: string): Promise<ProjectRights> {
  const rights = await loaderOf<(ProjectRights & { id: string }) | null>(context, 'project rights', async (ids) =>
    inOrder(
      ids,
      await context.prisma.$queryRaw<(ProjectRights & { id: string })[]>`
      SELECT p.id, ${rightsColumns(signedIn(context))} FROM projects p WHERE p.id = ANY(${ids}::uuid[])`,
    ),
  ).load(id)
  if (!rights) throw new Error(`There is no project ${id}.`)
  // Who has just shut themselves out still reads the answer to that.
  return { ...rights, viewerRole: rights.viewerRole ?? 'VIEWER' }
}

/** The project that an id or a key names; null where there is none to see. */
export async function findProjectNamed(context: Context, reference: string): Promise<ProjectRow | null> {
  const rows = await context.prisma.$queryRaw<ProjectRow[]>(
    Prisma.sql`SELECT ${projectColumns} FROM projects p WHERE ${projectsNamed([reference])} AND ${visibleProjects(signedIn(context))}`,
  )
  return rows[0] ?? null
}
