import { hash, randomBytes } from 'node:crypto'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { Unauthenticated } from '../errors.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'
import type { Authentication, Viewer, ViewerToken } from '../viewer.ts'

const prefix = 'snag_'
const sessionDays = 30
const millisecondsPerDay = 86_400_000

type TokenRow = Row<'Token'>

const tokenColumns = columnsOf<TokenRow>('t', {
  id: 'always',
  userId: 'plain',
  kind: 'plain',
  scope: 'plain',
  name: 'plain',
  createdAt: 'time',
  expiresAt: 'time',
})

/** The SHA-256 of a secret in Base64. Only the digest is stored. */
export const hashOf = (secret: string) => hash('sha256', secret, 'base64')

async function insertToken(
  db: Statements,
  { userId, kind, scope, name, expiresAt }: Omit<TokenRow, 'id' | 'createdAt'>,
): Promise<{ secret: string; token: TokenRow }> {
  const secret = prefix + randomBytes(32).toString('base64url')
  const [token] = await db.query<[TokenRow]>(sql`
    INSERT INTO tokens AS t (user_id, kind, scope, name, expires_at, hash)
    VALUES (${userId}::uuid, ${kind}::token_kind, ${scope}::token_scope, ${name}, ${expiresAt}::timestamptz,
      decode(${hashOf(secret)}, 'base64'))
    RETURNING ${tokenColumns.all}`)
  return { secret, token }
}

/** Also deletes the expired tokens of the user. */
export async function startSession(
  db: Statements,
  userId: string,
  userAgent: string | null = null,
): Promise<{ secret: string; expiresAt: Date }> {
  const expiresAt = new Date(Date.now() + sessionDays * millisecondsPerDay)
  await db.query(sql`DELETE FROM tokens WHERE user_id = ${userId}::uuid AND expires_at < now()`)
  const { secret } = await insertToken(db, { userId, kind: 'SESSION', scope: 'WRITE', name: userAgent, expiresAt })
  return { secret, expiresAt }
}

export const revokeToken = (db: Statements, id: string) => db.query(sql`DELETE FROM tokens WHERE id = ${id}::uuid`)

/** Newest first. */
export const listAccessTokens = (db: Statements, userId: string) =>
  db.query<TokenRow[]>(sql`
    SELECT ${tokenColumns.all} FROM tokens t WHERE t.user_id = ${userId}::uuid AND t.kind = 'ACCESS' ORDER BY t.id DESC`)

export const maxSessions = 200

/** Newest first, without expired ones. */
export const listSessions = (db: Statements, userId: string) =>
  db.query<TokenRow[]>(sql`
    SELECT ${tokenColumns.all} FROM tokens t
    WHERE t.user_id = ${userId}::uuid AND t.kind = 'SESSION' AND t.expires_at > now() ORDER BY t.id DESC LIMIT ${maxSessions}`)

/** Locks the token until the end of the transaction. Throws UNAUTHENTICATED if it has been revoked. */
export async function mustBeValid(tx: Transaction, id: string): Promise<void> {
  const rows = await tx.query(sql`SELECT FROM tokens WHERE id = ${id}::uuid FOR SHARE`)
  if (rows.length === 0) throw new Unauthenticated()
}

export function createAccessToken(
  db: Statements,
  userId: string,
  { name, scope, expiresAt }: Pick<TokenRow, 'scope' | 'expiresAt'> & { readonly name: string },
): Promise<{ secret: string; token: TokenRow }> {
  return insertToken(db, { userId, kind: 'ACCESS', scope, name, expiresAt })
}

/** Returns null if the token is unknown or expired, or if its user is deactivated. */
export async function findToken(db: Statements, secretHash: string): Promise<Authentication | null> {
  const rows = await db.query<
    (Viewer & { tokenId: string; kind: ViewerToken['kind']; scope: ViewerToken['scope']; expiresAt: Date | null })[]
  >(sql`
    SELECT u.id, u.username, u.name, u.role, t.id AS "tokenId", t.kind, t.scope, t.expires_at AS "expiresAt",
      (SELECT json_build_object('projects', count(*) FILTER (WHERE visible),
          'tickets', coalesce(sum(p.last_number) FILTER (WHERE visible), 0), 'allTickets', coalesce(sum(p.last_number), 0))
        FROM projects p LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = u.id
        CROSS JOIN LATERAL (SELECT p.archived_at IS NULL
          AND (u.role = 'ADMIN' OR p.default_role IS NOT NULL OR m.user_id IS NOT NULL) AS visible) visible
      ) AS "ticketCounts"
    FROM tokens t JOIN users u ON u.id = t.user_id
    WHERE t.hash = decode(${secretHash}, 'base64') AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.active`)
  if (!rows[0]) return null
  const { tokenId, kind, scope, expiresAt, ...viewer } = rows[0]
  return { viewer, token: { id: tokenId, kind, scope }, expiresAt }
}
