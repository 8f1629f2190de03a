import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Config } from '../config.ts'
import type { CallerToken, Viewer } from '../context.ts'
import { inTransaction, type Transaction } from '../database/transaction.ts'
import { BadUserInput, Forbidden, NotFound, Unauthenticated } from '../errors.ts'
import { usernamePattern } from '../reference.ts'
import { insertUser, type NewUser } from '../user/user.actions.ts'
import { type UserRow, userColumns } from '../user/user.sql.ts'
import { hashPassword, isPassword } from './password.actions.ts'
import { type Attempt, countAttempt, forgiveAttempt } from './sign-in-attempts.actions.ts'
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
  await tx.$executeRaw`LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`
  const isFirst = await mayStillSignUp(tx, policy)
  const viewer = await insertUser(tx, { ...user, role: isFirst ? 'ADMIN' : 'MEMBER' })
  return sessionOf(tx, viewer)
}

/** FORBIDDEN when the server takes no new accounts; else whether the next one is the first. */
export async function mayStillSignUp(tx: Transaction, policy: Config['signUp']): Promise<boolean> {
  const isFirst = policy !== 'closed' && (await tx.user.findFirst({ select: { id: true } })) === null
  if (policy === 'closed' || (policy === 'first' && !isFirst))
    throw new Forbidden('This server takes no sign-ups: ask an ADMIN for an account.')
  return isFirst
}

/**
 * Signs in. A wrong password, an unknown username and a closed account get the same answer after the same time;
 * RATE_LIMITED where too many have failed.
 */
export async function signIn(
  prisma: PrismaClient,
  attempt: Attempt,
  password: string,
  bcryptCost: number,
): Promise<Session> {
  const { username } = attempt
  await countAttempt(prisma, attempt)
  // What can be no username is none that is there: the same answer after the same time.
  const user = usernamePattern.test(username)
    ? await prisma.user.findUnique({ where: { username: username.toLowerCase() } })
    : null
  const proven = await isPassword(password, user?.passwordHash ?? null, bcryptCost)
  if (!user || !proven) throw new Unauthenticated(wrongCredentials)
  return inTransaction(prisma, async (tx) => {
    // The proof took its time: the session begins only if the account is open and has that password still.
    const [viewer] = await tx.$queryRaw<UserRow[]>`
      SELECT ${userColumns.all} FROM users u
      WHERE u.id = ${user.id}::uuid AND u.active AND u.password_hash = ${user.passwordHash} FOR SHARE`
    if (!viewer) throw new Unauthenticated(wrongCredentials)
    await forgiveAttempt(tx, attempt)
    return sessionOf(tx, viewer)
  })
}

const wrongCredentials = 'The username or the password is wrong.'

async function sessionOf(tx: Transaction, viewer: UserRow): Promise<Session> {
  const { secret, expiresAt } = await startSession(tx, viewer.id)
  return { token: secret, expiresAt, viewer }
}

interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
  readonly bcryptCost: number
  /** Where the request comes from. */
  readonly address: string
}

/**
 * Sets a new password, given the current one, and ends every other session of the account. The slow work comes before
 * the transaction, so that no connection waits for it; a password that was changed meanwhile is not the current one.
 */
export async function changePassword(
  prisma: PrismaClient,
  viewer: Viewer,
  token: CallerToken,
  { currentPassword, newPassword, bcryptCost, address }: PasswordChange,
): Promise<UserRow> {
  const attempt = { username: viewer.username, address }
  await countAttempt(prisma, attempt)
  const wrong = new BadUserInput([{ path: 'currentPassword', message: 'is not the current password' }])
  const former = await prisma.user.findUniqueOrThrow({ where: { id: viewer.id } })
  if (!(await isPassword(currentPassword, former.passwordHash, bcryptCost))) throw wrong
  const passwordHash = await hashPassword(newPassword, bcryptCost)
  return inTransaction(prisma, async (tx) => {
    const [user] = await tx.user.updateManyAndReturn({
      where: { id: viewer.id, passwordHash: former.passwordHash },
      data: { passwordHash },
      omit: { passwordHash: true },
    })
    if (!user) throw wrong
    await forgiveAttempt(tx, attempt)
    await tx.token.deleteMany({ where: { userId: viewer.id, kind: 'SESSION', id: { not: token.id } } })
    return user
  })
}

/** Takes an access token of one's own back, an ADMIN anyone's. NOT_FOUND for all others. */
export async function revokeAccessToken(tx: Transaction, viewer: Viewer, id: string): Promise<void> {
  const mine = viewer.role === 'ADMIN' ? {} : { userId: viewer.id }
  const { count } = await tx.token.deleteMany({ where: { id, kind: 'ACCESS', ...mine } })
  if (count === 0) throw new NotFound(`There is no access token ${id}.`)
}
