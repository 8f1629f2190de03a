import type { Config } from '../config.ts'
import type { CallerToken, Viewer } from '../context.ts'
import type { Transaction } from '../database/transaction.ts'
import { BadUserInput, Forbidden, NotFound, Unauthenticated } from '../errors.ts'
import { usernamePattern } from '../reference.ts'
import { insertUser, type NewUser } from '../user/user.actions.ts'
import type { UserRow } from '../user/user.sql.ts'
import { hashPassword, isPassword } from './password.actions.ts'
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

/** Signs in. A wrong password, an unknown username and a closed account get the same answer after the same time. */
export async function signIn(
  tx: Transaction,
  username: string,
  password: string,
  bcryptCost: number,
): Promise<Session> {
  // What can be no username is none that is there: the same answer after the same time.
  const user = usernamePattern.test(username)
    ? await tx.user.findUnique({ where: { username: username.toLowerCase() } })
    : null
  const proven = await isPassword(password, user?.passwordHash ?? null, bcryptCost)
  if (!user?.active || !proven) throw new Unauthenticated('The username or the password is wrong.')
  const { passwordHash, ...viewer } = user
  return sessionOf(tx, viewer)
}

async function sessionOf(tx: Transaction, viewer: UserRow): Promise<Session> {
  const { secret, expiresAt } = await startSession(tx, viewer.id)
  return { token: secret, expiresAt, viewer }
}

/** Sets a new password, given the current one, and ends every other session of the account. */
export async function changePassword(
  tx: Transaction,
  viewer: Viewer,
  token: CallerToken,
  { currentPassword, newPassword, bcryptCost }: { currentPassword: string; newPassword: string; bcryptCost: number },
): Promise<void> {
  const { passwordHash } = await tx.user.findUniqueOrThrow({ where: { id: viewer.id } })
  if (!(await isPassword(currentPassword, passwordHash, bcryptCost)))
    throw new BadUserInput([{ path: 'currentPassword', message: 'is not the current password' }])
  await tx.user.update({
    where: { id: viewer.id },
    data: { passwordHash: await hashPassword(newPassword, bcryptCost) },
  })
  await tx.token.deleteMany({ where: { userId: viewer.id, kind: 'SESSION', id: { not: token.id } } })
}

/** Takes an access token of one's own back, an ADMIN anyone's. NOT_FOUND for all others. */
export async function revokeAccessToken(tx: Transaction, viewer: Viewer, id: string): Promise<void> {
  const mine = viewer.role === 'ADMIN' ? {} : { userId: viewer.id }
  const { count } = await tx.token.deleteMany({ where: { id, kind: 'ACCESS', ...mine } })
  if (count === 0) throw new NotFound(`There is no access token ${id}.`)
}
