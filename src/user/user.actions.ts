import type { UserRole } from '../../prisma/generated/client.ts'
import { definedFields } from '../database/patch.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { Conflict, Forbidden, NotFound } from '../errors.ts'
import { usersByReference } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { type UserRow, userColumns } from './user.sql.ts'

export interface NewUser {
  readonly username: string
  readonly name: string
  readonly email?: string | null | undefined
  readonly passwordHash: string
  readonly role: UserRole
}

export async function insertUser(
  tx: Transaction,
  { username, name, email, passwordHash, role }: NewUser,
): Promise<UserRow> {
  return tx.prisma.user.create({
    data: { username, name, email: email ?? null, passwordHash, role },
    omit: { passwordHash: true },
  })
}

export function mustBeAdmin(viewer: Viewer): void {
  if (viewer.role !== 'ADMIN') throw new Forbidden(`Managing accounts requires ADMIN; your role is ${viewer.role}.`)
}

export interface UserPatch {
  readonly id: string
  readonly name?: string | undefined
  readonly email?: string | null | undefined
  readonly role?: UserRole | undefined
  readonly active?: boolean | undefined
}

/** Throws CONFLICT instead of demoting or deactivating the last active ADMIN. */
export async function updateUser(tx: Transaction, viewer: Viewer, { id, ...patch }: UserPatch): Promise<UserRow> {
  const isAdmin = viewer.role === 'ADMIN'
  const admins = isAdmin && (patch.role === 'MEMBER' || patch.active === false) ? await lockAdmins(tx) : null
  const [user] = await tx.query<UserRow[]>(
    sql`SELECT ${userColumns.all} FROM users u WHERE ${usersByReference([id])} FOR UPDATE`,
  )
  if (!user) throw new NotFound(`User "${id}" was not found.`)
  if (!isAdmin && (viewer.id !== user.id || patch.role !== undefined || patch.active !== undefined))
    throw new Forbidden('You can only change your own `name` and `email`. Other changes of accounts require ADMIN.')
  if (admins?.length === 1 && admins[0]?.id === user.id)
    throw new Conflict('This account is the last active ADMIN. Give another account the role ADMIN first.')
  if (patch.active === false) await revokeAccess(tx, user.id)
  return tx.prisma.user.update({ where: { id: user.id }, data: definedFields(patch), omit: { passwordHash: true } })
}

/** Ends all sessions, access tokens and the pending password reset of a user. */
export async function revokeAccess(tx: Transaction, userId: string): Promise<void> {
  await tx.prisma.token.deleteMany({ where: { userId } })
  await tx.prisma.passwordReset.deleteMany({ where: { userId } })
}

/** Locks the active admins in the order of their ids, so that two of them cannot step down concurrently. */
const lockAdmins = (tx: Transaction) =>
  tx.query<{ id: string }[]>(sql`
  SELECT id FROM users WHERE role = 'ADMIN' AND active ORDER BY id FOR UPDATE`)

/** Null if the account is deactivated. */
export async function readViewer(db: Statements, id: string): Promise<Viewer | null> {
  const [viewer] = await db.query<Viewer[]>(
    sql`SELECT u.id, u.username, u.name, u.role FROM users u WHERE u.id = ${id}::uuid AND u.active`,
  )
  return viewer ?? null
}

export async function findUserByReference(db: Transaction, reference: string): Promise<UserRow | null> {
  const rows = await db.query<UserRow[]>(
    sql`SELECT ${userColumns.all} FROM users u WHERE ${usersByReference([reference])}`,
  )
  return rows[0] ?? null
}
