import { randomBytes } from 'node:crypto'
import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { BadUserInput, NotFound } from '../errors.ts'
import { usersByReference } from '../reference.ts'
import { revokeAccess } from '../user/user.actions.ts'
import { type UserRow, userColumns } from '../user/user.sql.ts'
import type { Viewer } from '../viewer.ts'
import { openSession, type Session } from './auth.actions.ts'
import { recordReset } from './sign-in-attempt.actions.ts'
import { hashOf } from './token.actions.ts'

const prefix = 'reset_'

export interface PasswordReset {
  /** Only its digest is stored. */
  readonly secret: string
  readonly expiresAt: Date
  readonly user: UserRow
}

/** Replaces the pending reset of the user. */
export async function createPasswordReset(tx: Transaction, viewer: Viewer, reference: string): Promise<PasswordReset> {
  const [user] = await tx.query<UserRow[]>(
    sql`SELECT ${userColumns.all} FROM users u WHERE ${usersByReference([reference])} FOR UPDATE`,
  )
  if (!user) throw new NotFound(`User "${reference}" was not found.`)
  if (!user.active)
    throw new BadUserInput([{ path: 'userId', message: 'is a deactivated account: reactivate it with `updateUser`' }])
  if (user.id === viewer.id)
    throw new BadUserInput([{ path: 'userId', message: 'is your own account: use `changePassword`' }])
  const secret = prefix + randomBytes(32).toString('base64url')
  const [{ expiresAt }] = await tx.query<[{ expiresAt: Date }]>(sql`
    INSERT INTO password_resets (user_id, hash, expires_at)
    VALUES (${user.id}::uuid, decode(${hashOf(secret)}, 'base64'), now() + interval '24 hours')
    ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at
    RETURNING expires_at AS "expiresAt"`)
  return { secret, expiresAt, user }
}

/** True if the secret can reset a password. */
export async function isPendingReset(db: Statements, secret: string): Promise<boolean> {
  const [{ isPending }] = await db.query<[{ isPending: boolean }]>(sql`
    SELECT EXISTS (SELECT FROM password_resets r WHERE r.hash = decode(${hashOf(secret)}, 'base64') AND r.expires_at > now())
      AS "isPending"`)
  return isPending
}

/** A secret that is unknown, expired, used or of a deactivated account causes the same error. */
export async function resetPassword(
  tx: Transaction,
  { secret, passwordHash }: { readonly secret: string; readonly passwordHash: string },
  { address, userAgent }: Pick<Context, 'address' | 'userAgent'>,
): Promise<Session> {
  const [reset] = await tx.query<{ userId: string }[]>(sql`
    SELECT u.id AS "userId" FROM users u JOIN password_resets r ON r.user_id = u.id
    WHERE r.hash = decode(${hashOf(secret)}, 'base64') AND r.expires_at > now() AND u.active FOR UPDATE`)
  if (!reset)
    throw new BadUserInput([
      { path: 'secret', message: 'is invalid, expired, used or replaced: ask an ADMIN for a new one' },
    ])
  const viewer = await replacePassword(tx, reset.userId, passwordHash)
  await recordReset(tx, { username: viewer.username, address })
  return openSession(tx, viewer, userAgent)
}

/** Also ends all sessions, access tokens and the pending reset of the user. */
export async function replacePassword(tx: Transaction, userId: string, passwordHash: string): Promise<UserRow> {
  // Locks the user first, so that a concurrent sign-in with the previous password fails or its session is ended.
  const user = await tx.prisma.user.update({
    where: { id: userId },
    data: { passwordHash },
    omit: { passwordHash: true },
  })
  await revokeAccess(tx, userId)
  return user
}
