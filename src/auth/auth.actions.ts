import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { BadUserInput, Forbidden, NotFound, Unauthenticated } from '../errors.ts'
import { usernamePattern } from '../reference.ts'
import { insertUser, type NewUser } from '../user/user.actions.ts'
import { type UserRow, userColumns } from '../user/user.sql.ts'
import type { CallerToken, Viewer } from '../viewer.ts'
import { type Attempt, checkPassword, clearFailedAttempt, countAttempt } from './sign-in-attempt.actions.ts'
import { startSession } from './token.actions.ts'

/** A session that began: its secret is shown once. */
export interface Session {
  readonly token: string
  readonly expiresAt: Date
  readonly viewer: UserRow
}

/** Opens an account and signs it in, where the server allows it; the first account of a server becomes its ADMIN. */
export async function signUp(tx: Transaction, policy: Config['signUp'], user: Omit<NewUser, 'role'>): Promise<Session> {
  // Two first accounts at once would both become ADMIN.
  await tx.query(sql`LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`)
  const isFirst = await mayStillSignUp(tx, policy)
  const viewer = await insertUser(tx, { ...user, role: isFirst ? 'ADMIN' : 'MEMBER' })
  return sessionOf(tx, viewer)
}

/** FORBIDDEN when the server takes no new accounts; else whether the next one is the first. */
export async function mayStillSignUp(db: Statements, policy: Config['signUp']): Promise<boolean> {
  const [{ isFirst }] = await db.query<[{ isFirst: boolean }]>(sql`SELECT NOT EXISTS (SELECT FROM users) AS "isFirst"`)
  if (policy === 'closed' || (policy === 'first' && !isFirst))
    throw new Forbidden('Sign-up is disabled on this server (SNAGLIST_SIGN_UP). Ask an ADMIN for an account.')
  return isFirst
}

/** What a proven password stands for: a session begins only if the account has that password still. */
interface Proof {
  readonly attempt: Attempt
  readonly userId: string
  readonly passwordHash: string
}

/**
 * Proves a password. A wrong one, an unknown username and a closed account get the same answer after the same time;
 * RATE_LIMITED where too many have failed.
 */
export async function proveSignIn(
  context: Pick<Context, 'db' | 'transaction'>,
  attempt: Attempt,
  password: string,
  bcryptCost: number,
): Promise<Proof> {
  await countAttempt(context.transaction, attempt)
  // A malformed username cannot exist. It takes the same path, so that timing does not reveal it.
  const [user] = usernamePattern.test(attempt.username)
    ? await context.db.query<{ id: string; passwordHash: string }[]>(sql`
        SELECT id, password_hash AS "passwordHash" FROM users WHERE username = ${attempt.username.toLowerCase()}`)
    : []
  const proven = await checkPassword(context, attempt, password, user?.passwordHash ?? null, bcryptCost)
  if (!user || !proven) throw new Unauthenticated(wrongCredentials)
  return { attempt, userId: user.id, passwordHash: user.passwordHash }
}

/** Signs in who has proven the password. The proof took its time: the account may be closed since, or have another one. */
export async function signIn(tx: Transaction, { attempt, userId, passwordHash }: Proof): Promise<Session> {
  const [viewer] = await tx.query<UserRow[]>(sql`
    SELECT ${userColumns.all} FROM users u
    WHERE u.id = ${userId}::uuid AND u.active AND u.password_hash = ${passwordHash} FOR SHARE`)
  if (!viewer) throw new Unauthenticated(wrongCredentials)
  await clearFailedAttempt(tx, attempt)
  return sessionOf(tx, viewer)
}

const wrongCredentials = 'The username or the password is wrong.'

async function sessionOf(tx: Transaction, viewer: UserRow): Promise<Session> {
  const { secret, expiresAt } = await startSession(tx, viewer.id)
  return { token: secret, expiresAt, viewer }
}

const wrongPassword = () => new BadUserInput([{ path: 'currentPassword', message: 'is not the current password' }])

/** Proves the current password of an account, which guards against whoever has only its token. */
export async function provePassword(
  context: Pick<Context, 'db' | 'transaction'>,
  attempt: Attempt & { readonly userId: string },
  password: string,
  bcryptCost: number,
): Promise<Proof> {
  await countAttempt(context.transaction, attempt)
  const { userId } = attempt
  const [{ passwordHash }] = await context.db.query<[{ passwordHash: string }]>(
    sql`SELECT password_hash AS "passwordHash" FROM users WHERE id = ${userId}::uuid`,
  )
  if (!(await checkPassword(context, attempt, password, passwordHash, bcryptCost))) throw wrongPassword()
  return { attempt, userId, passwordHash }
}

/**
 * Sets a new password, given proof of the current one, and ends every other session of the account. A password that was
 * changed since the proof is not the current one.
 */
export async function changePassword(
  tx: Transaction,
  token: CallerToken,
  { attempt, userId, passwordHash: former }: Proof,
  passwordHash: string,
): Promise<UserRow> {
  const [user] = await tx.prisma.user.updateManyAndReturn({
    where: { id: userId, passwordHash: former },
    data: { passwordHash },
    omit: { passwordHash: true },
  })
  if (!user) throw wrongPassword()
  await clearFailedAttempt(tx, attempt)
  await tx.prisma.token.deleteMany({ where: { userId, kind: 'SESSION', id: { not: token.id } } })
  return user
}

/** Takes an access token of one's own back, an ADMIN anyone's. NOT_FOUND for all others. */
export async function revokeAccessToken(tx: Transaction, viewer: Viewer, id: string): Promise<void> {
  const mine = viewer.role === 'ADMIN' ? {} : { userId: viewer.id }
  const { count } = await tx.prisma.token.deleteMany({ where: { id, kind: 'ACCESS', ...mine } })
  if (count === 0) throw new NotFound(`Access token "${id}" was not found, or you cannot see it.`)
}
