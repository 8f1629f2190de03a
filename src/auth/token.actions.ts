import { hash, randomBytes } from 'node:crypto'
import type { Token } from '../../prisma/generated/client.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { columnsOf } from '../reading/columns.ts'
import type { CallerToken, Viewer } from '../viewer.ts'

const prefix = 'snag_'
const sessionDays = 30
const millisecondsPerDay = 86_400_000

/** A token as the API shows one; its secret is known only when it is made. */
export type TokenRow = Omit<Token, 'hash'>

const tokenColumns = columnsOf<TokenRow>('t', {
  id: 'always',
  userId: 'plain',
  kind: 'plain',
  scope: 'plain',
  name: 'plain',
  createdAt: 'time',
  expiresAt: 'time',
})

/** What is kept of a secret: its SHA-256, here in base64. */
export const hashOf = (secret: string) => hash('sha256', secret, 'base64')

/** Makes a token, and the secret that stands for it: shown once, stored as its SHA-256 alone. */
async function insertToken(
  tx: Transaction,
  token: Omit<TokenRow, 'id' | 'createdAt'>,
): Promise<{ secret: string; token: TokenRow }> {
  const secret = prefix + randomBytes(32).toString('base64url')
  return {
    secret,
    token: await tx.prisma.token.create({
      data: { ...token, hash: Buffer.from(hashOf(secret), 'base64') },
      omit: { hash: true },
    }),
  }
}

/** Starts a session of 30 days, and sweeps out the account's tokens that have ended. */
export async function startSession(tx: Transaction, userId: string): Promise<{ secret: string; expiresAt: Date }> {
  const expiresAt = new Date(Date.now() + sessionDays * millisecondsPerDay)
  await tx.prisma.token.deleteMany({ where: { userId, expiresAt: { lt: new Date() } } })
  const { secret } = await insertToken(tx, { userId, kind: 'SESSION', scope: 'WRITE', name: null, expiresAt })
  return { secret, expiresAt }
}

/** Deletes a token. */
export const endSession = (db: Statements, id: string) => db.query(sql`DELETE FROM tokens WHERE id = ${id}::uuid`)

/** A user's access tokens, newest first. */
export const listAccessTokens = (db: Statements, userId: string) =>
  db.query<TokenRow[]>(sql`
    SELECT ${tokenColumns.all} FROM tokens t WHERE t.user_id = ${userId}::uuid AND t.kind = 'ACCESS' ORDER BY t.id DESC`)

/** Makes an access token, for scripts. */
export function createAccessToken(
  tx: Transaction,
  userId: string,
  { name, scope, expiresAt }: Pick<TokenRow, 'scope' | 'expiresAt'> & { readonly name: string },
): Promise<{ secret: string; token: TokenRow }> {
  return insertToken(tx, { userId, kind: 'ACCESS', scope, name, expiresAt })
}

/** Whose token has a hash, and when it ends; null when there is none, it has expired, or its account is closed. */
export async function findToken(
  db: Statements,
  hashed: string,
): Promise<{ viewer: Viewer; token: CallerToken; expiresAt: Date | null } | null> {
  const rows = await db.query<
    (Viewer & { tokenId: string; kind: CallerToken['kind']; scope: CallerToken['scope']; expiresAt: Date | null })[]
  >(sql`
    SELECT u.id, u.username, u.name, u.role, t.id AS "tokenId", t.kind, t.scope, t.expires_at AS "expiresAt"
    FROM tokens t JOIN users u ON u.id = t.user_id
    WHERE t.hash = decode(${hashed}, 'base64') AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.active`)
  if (!rows[0]) return null
  const { tokenId, kind, scope, expiresAt, ...viewer } = rows[0]
  return { viewer, token: { id: tokenId, kind, scope }, expiresAt }
}
