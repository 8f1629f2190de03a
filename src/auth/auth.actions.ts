import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { BadUserInput, Forbidden, NotFound, Unauthenticated } from '../errors.ts'
import { usernamePattern } from '../reference.ts'
import { isPassword } from '../user/password.actions.ts'
import { insertUser, type NewUser } from '../user/user.actions.ts'
import { hasUsers } from '../user/user.loaders.ts'
import { type UserRow, userColumns } from '../user/user.sql.ts'
import type { Viewer, ViewerToken } from '../viewer.ts'
import { countAttempt, recordSuccess, type SignInAttempt } from './sign-in-attempt.actions.ts'
import { startSession } from './token.actions.ts'

export interface Session {
  readonly token: string
  readonly expiresAt: Date
  readonly viewer: UserRow
}

/** The first account of a server becomes its ADMIN. */
export async function signUp(
  tx: Transaction,
  policy: Config['signUp'],
  user: Omit<NewUser, 'role'>,
  userAgent: string | null,
): Promise<Session> {
  // Of two concurrent first sign-ups, only one may become ADMIN.
  await tx.query(sql`LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`)
  const isFirst = await mustAllowSignUp(tx, policy)
  const viewer = await insertUser(tx, { ...user, role: isFirst ? 'ADMIN' : 'MEMBER' })
  return openSession(tx, viewer, userAgent)
}

export const isSignUpOpen = async (db: Statements, policy: Config['signUp']): Promise<boolean> =>
  policy === 'open' || (policy === 'first' && !(await hasUsers(db)))

/** Returns true if the next account is the first one. */
export async function mustAllowSignUp(db: Statements, policy: Config['signUp']): Promise<boolean> {
  const isFirst = !(await hasUsers(db))
  if (policy === 'closed' || (policy === 'first' && !isFirst))
    throw new Forbidden(
      policy === 'first'
        ? 'Sign-up is closed since the first account was created (SNAGLIST_SIGN_UP). Ask an ADMIN for an account.'
        : 'Sign-up is disabled on this server (SNAGLIST_SIGN_UP). Ask an ADMIN for an account.',
    )
  return isFirst
}

/** Proof that a password matched `passwordHash`. It is still valid if the account has that hash. */
interface PasswordProof {
  readonly attempt: SignInAttempt
  readonly userId: string
  readonly passwordHash: string
}

/**
 * A wrong password and an unknown username cause the same error after the same time, as does `signIn` for a deactivated
 * account. Throws RATE_LIMITED after too many failures.
 */
export async function verifySignIn(
  context: Pick<Context, 'db' | 'transaction'>,
  attempt: SignInAttempt,
  password: string,
  bcryptCost: number,
): Promise<PasswordProof> {
  await countAttempt(context.transaction, attempt)
  // A malformed username cannot exist. It takes the same path, so that timing does not reveal it.
  const [user] = usernamePattern.test(attempt.username)
    ? await context.db.query<{ id: string; passwordHash: string }[]>(sql`
        SELECT id, password_hash AS "passwordHash" FROM users WHERE username = ${attempt.username.toLowerCase()}`)
    : []
  const isCorrect = await isPassword(password, user?.passwordHash ?? null, bcryptCost)
  if (!user || !isCorrect) throw new Unauthenticated(wrongCredentials)
  return { attempt, userId: user.id, passwordHash: user.passwordHash }
}

/** Opens a session if the account is active and still has the verified password. */
export async function signIn(
  tx: Transaction,
  { attempt, userId, passwordHash }: PasswordProof,
  userAgent: string | null,
): Promise<Session> {
  const [viewer] = await tx.query<UserRow[]>(sql`
    SELECT ${userColumns.all} FROM users u
    WHERE u.id = ${userId}::uuid AND u.active AND u.password_hash = ${passwordHash} FOR SHARE`)
  if (!viewer) throw new Unauthenticated(wrongCredentials)
  await recordSuccess(tx, attempt)
  return openSession(tx, viewer, userAgent)
}

const wrongCredentials = 'The username or the password is wrong.'

/** Starts a session of an account that has proved its identity. */
export async function openSession(tx: Transaction, viewer: UserRow, userAgent: string | null): Promise<Session> {
  const { secret, expiresAt } = await startSession(tx, viewer.id, userAgent)
  return { token: secret, expiresAt, viewer }
}

const wrongPasswordError = () => new BadUserInput([{ path: 'currentPassword', message: 'is not the current password' }])

export async function verifyCurrentPassword(
  context: Pick<Context, 'db' | 'transaction'>,
  attempt: SignInAttempt & { readonly userId: string },
  password: string,
  bcryptCost: number,
): Promise<PasswordProof> {
  await countAttempt(context.transaction, attempt)
  const { userId } = attempt
  const [{ passwordHash }] = await context.db.query<[{ passwordHash: string }]>(
    sql`SELECT password_hash AS "passwordHash" FROM users WHERE id = ${userId}::uuid`,
  )
  if (!(await isPassword(password, passwordHash, bcryptCost))) throw wrongPasswordError()
  return { attempt, userId, passwordHash }
}

/** Ends all other sessions of the account, and its pending password reset. */
export async function changePassword(
  tx: Transaction,
  token: ViewerToken,
  { attempt, userId, passwordHash: previousHash }: PasswordProof,
  passwordHash: string,
): Promise<UserRow> {
  const [user] = await tx.prisma.user.updateManyAndReturn({
    where: { id: userId, passwordHash: previousHash },
    data: { passwordHash },
    omit: { passwordHash: true },
  })
  if (!user) throw wrongPasswordError()
  await recordSuccess(tx, attempt)
  await tx.prisma.token.deleteMany({ where: { userId, kind: 'SESSION', id: { not: token.id } } })
  await tx.prisma.passwordReset.deleteMany({ where: { userId } })
  return user
}

/** Ends a session of the viewer. */
export async function endSession(tx: Transaction, viewer: Viewer, id: string): Promise<void> {
  const { count } = await tx.prisma.token.deleteMany({ where: { id, kind: 'SESSION', userId: viewer.id } })
  if (count === 0) throw new NotFound(`Session "${id}" was not found, or it has ended.`)
}

export async function revokeAccessToken(tx: Transaction, viewer: Viewer, id: string): Promise<void> {
  const ownership = viewer.role === 'ADMIN' ? {} : { userId: viewer.id }
  const { count } = await tx.prisma.token.deleteMany({ where: { id, kind: 'ACCESS', ...ownership } })
  if (count === 0) throw new NotFound(`Access token "${id}" was not found, or you cannot see it.`)
}
