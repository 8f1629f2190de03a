import type { ProjectRole } from '../../prisma/generated/client.ts'
import { addToCounter } from '../database/counter.ts'
import { definedFields } from '../database/patch.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { BadUserInput, NotFound, RateLimited } from '../errors.ts'
import { projectsByReference } from '../reference.ts'
import { findUserByReference } from '../user/user.actions.ts'
import type { Viewer } from '../viewer.ts'
import { mustHaveRole, type ProjectPermissions, permissionColumns, visibleProjects } from './project.access.ts'
import { type MemberRow, type ProjectRow, projectColumns } from './project.sql.ts'

export interface NewProject {
  readonly key: string
  readonly name: string
  readonly description?: string | null | undefined
  readonly defaultRole?: ProjectRole | null | undefined
}

const maxTakenKeys = 10
const secondsPerHour = 3600

/**
 * Counts the key if it is taken, since CONFLICT reveals projects that the viewer cannot see. Must precede the transaction that
 * creates the project, which would undo it. Throws RATE_LIMITED for every key after too many taken ones, visible or not.
 */
export async function countTakenKey(db: Statements, viewer: Viewer, key: string): Promise<void> {
  if (viewer.role === 'ADMIN') return
  const taken = await db.query(sql`SELECT FROM projects WHERE key = ${key}`)
  const { points, secondsLeft } = await addToCounter(db, `taken keys ${viewer.id}`, taken.length, secondsPerHour)
  if (points - taken.length >= maxTakenKeys)
    throw new RateLimited(`You chose ${maxTakenKeys} project keys in an hour that are taken.`, secondsLeft)
}

export async function createProject(tx: Transaction, viewer: Viewer, project: NewProject): Promise<ProjectRow> {
  return tx.prisma.project.create({
    data: {
      key: project.key,
      name: project.name,
      description: project.description ?? null,
      defaultRole: project.defaultRole ?? null,
      members: { create: { userId: viewer.id, role: 'MAINTAINER' } },
    },
    omit: { lastNumber: true },
  })
}

export async function getProjectByReference(
  db: Statements,
  viewer: Viewer,
  reference: string,
): Promise<ProjectRow & ProjectPermissions> {
  const [row] = await db.query<(ProjectPermissions & { project: string })[]>(sql`
    SELECT ${projectColumns.text} AS project, ${permissionColumns(viewer)} FROM projects p
    WHERE ${projectsByReference([reference])} AND ${visibleProjects(viewer)}`)
  if (!row) throw new NotFound(`Project "${reference}" was not found, or you cannot see it.`)
  return { ...row, ...projectColumns.parse(row.project) }
}

/** Locks the project against changes and new tickets if `db` is a transaction. */
export async function lockProject(
  db: Statements,
  viewer: Viewer,
  reference: string,
): Promise<ProjectRow & ProjectPermissions> {
  if (db.inTransaction)
    await db.query(
      sql`SELECT FROM projects p WHERE ${projectsByReference([reference])} AND ${visibleProjects(viewer)} FOR NO KEY UPDATE`,
    )
  return getProjectByReference(db, viewer, reference)
}

export interface ProjectPatch {
  readonly id: string
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly defaultRole?: ProjectRole | null | undefined
  readonly archived?: boolean | undefined
}

export async function updateProject(
  tx: Transaction,
  viewer: Viewer,
  { id, archived, ...patch }: ProjectPatch,
): Promise<ProjectRow> {
  const project = await lockProject(tx, viewer, id)
  mustHaveRole({ ...project, projectArchivedAt: null }, 'MAINTAINER', 'Changing the project')
  const fields = definedFields(patch)
  const isChanged =
    (archived !== undefined && archived !== (project.archivedAt !== null)) ||
    Object.entries(fields).some(([name, value]) => project[name as keyof typeof fields] !== value)
  if (!isChanged) return project
  // Unarchiving is the only permitted change of an archived project.
  if (archived !== false) mustHaveRole(project, 'MAINTAINER', 'Changing the project')
  const archivedAt = archived === undefined ? {} : { archivedAt: archived ? (project.archivedAt ?? new Date()) : null }
  return tx.prisma.project.update({
    where: { id: project.id },
    data: { ...fields, ...archivedAt },
    omit: { lastNumber: true },
  })
}

/** A null role removes the member, whose tickets stay assigned. */
export async function setProjectMember(
  tx: Transaction,
  viewer: Viewer,
  {
    projectId,
    userId,
    role,
  }: { readonly projectId: string; readonly userId: string; readonly role: ProjectRole | null },
): Promise<{ project: ProjectRow; member: MemberRow | null }> {
  const project = await lockProject(tx, viewer, projectId)
  mustHaveRole(project, 'MAINTAINER', 'Managing members')
  const user = await findUserByReference(tx, userId)
  if (!user) throw new BadUserInput([{ path: 'userId', message: 'is not the id or username of a user' }])
  const membership = { projectId: project.id, userId: user.id }
  if (role === null) {
    await tx.prisma.projectMember.deleteMany({ where: membership })
    return { project, member: null }
  }
  const member = await tx.prisma.projectMember.upsert({
    where: { projectId_userId: membership },
    create: { ...membership, role },
    update: { role },
  })
  return { project, member }
}
