import { createHash } from 'node:crypto'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { BadUserInput, Conflict } from '../errors.ts'
import { seal, unseal } from './seal.ts'

export interface IdempotentRequest {
  /** SHA-256 of the user and the key, in base64. */
  readonly key: string
  /** SHA-256 of the body, in base64. */
  readonly body: string
  /** Encrypts stored results. Derived from the key and the body, which are not stored. */
  readonly secret: Buffer
  /** The response key of the mutation that is running. */
  step: string
  hasReplayed: boolean
  hasTakenEffect: boolean
}

const maxKeyLength = 255
const anonymousId = 'anonymous'

/** `userId` is null for an anonymous client. Throws BAD_USER_INPUT for a malformed key. */
export function createIdempotentRequest(userId: string | null, key: string, body: string): IdempotentRequest {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > maxKeyLength)
    throw new BadUserInput([
      { path: 'Idempotency-Key', message: `must be 1 to ${maxKeyLength} visible ASCII characters` },
    ])
  const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest()
  const owner = userId ?? anonymousId
  return {
    key: digest(owner, key).toString('base64'),
    body: digest(body).toString('base64'),
    secret: digest('seal', owner, key, body),
    step: '',
    hasReplayed: false,
    hasTakenEffect: false,
  }
}

const lifetime = sql`interval '24 hours'`
const bytes = (base64: string) => sql`decode(${base64}, 'base64')`
const isExpired = sql`entry.created_at < now() - ${lifetime}`

/** Deletes some expired keys, too. Throws CONFLICT if the key was used with another body. */
export async function claimKey(db: Statements, request: IdempotentRequest): Promise<void> {
  await db.query(sql`
    DELETE FROM idempotency_keys WHERE (key, step) IN (
      SELECT key, step FROM idempotency_keys entry WHERE ${isExpired} ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED)`)
  await beginStep(db, request, '')
}

/**
 * Runs an action in its transaction, or returns its stored result. Waits for a concurrent transaction with the same
 * key.
 */
export async function runStepOnce<Result>(
  tx: Statements,
  request: IdempotentRequest | null,
  action: () => Promise<Result>,
): Promise<Result> {
  if (!request) return action()
  const sealedResult = await beginStep(tx, request, request.step)
  if (sealedResult !== null) return replay(request, sealedResult)
  const result = await action()
  await tx.query(sql`
    UPDATE idempotency_keys SET sealed = ${bytes(seal(result, request.secret))}
    WHERE key = ${bytes(request.key)} AND step = ${request.step}`)
  request.hasTakenEffect = true
  return result
}

export async function readStoredResult<Result>(
  db: Statements,
  request: IdempotentRequest,
): Promise<{ readonly result: Result } | null> {
  const [row] = await db.query<{ sealed: string }[]>(sql`
    SELECT encode(sealed, 'base64') AS sealed FROM idempotency_keys entry
    WHERE key = ${bytes(request.key)} AND step = ${request.step} AND sealed IS NOT NULL AND NOT ${isExpired}`)
  return row ? { result: replay<Result>(request, row.sealed) } : null
}

/** A step in a transaction before that of the action. A copy, so that its replay does not set `hasReplayed` of the request. */
export const createSubstep = (request: IdempotentRequest, name: string): IdempotentRequest => ({
  ...request,
  step: `${request.step} ${name}`,
})

function replay<Result>(request: IdempotentRequest, sealedResult: string): Result {
  request.hasReplayed = true
  return unseal(sealedResult, request.secret) as Result
}

/** Inserts the row of a step, or waits for the transaction that does. Returns its sealed result; null for a new row. */
async function beginStep(db: Statements, { key, body }: IdempotentRequest, step: string): Promise<string | null> {
  const [row] = await db.query<[{ body: string; sealed: string | null }]>(sql`
    INSERT INTO idempotency_keys AS entry (key, step, body) VALUES (${bytes(key)}, ${step}, ${bytes(body)})
    ON CONFLICT (key, step) DO UPDATE SET
      body = CASE WHEN ${isExpired} THEN excluded.body ELSE entry.body END,
      sealed = CASE WHEN ${isExpired} THEN NULL ELSE entry.sealed END,
      created_at = CASE WHEN ${isExpired} THEN now() ELSE entry.created_at END
    RETURNING encode(body, 'base64') AS body, encode(sealed, 'base64') AS sealed`)
  if (row.body !== body)
    throw new Conflict('The Idempotency-Key was already used for a different request. Use a new key.')
  return row.sealed
}

const lastRuns = new Map<string, Promise<unknown>>()

/**
 * Runs identical requests to this process one after another, so that waiting ones use no connection and hash no password.
 * The database ensures correctness across processes.
 */
export async function runInSequence<Result>(
  { key, body }: IdempotentRequest,
  work: () => Promise<Result>,
): Promise<Result> {
  const name = `${key} ${body}`
  const run = (lastRuns.get(name) ?? Promise.resolve()).then(work, work)
  lastRuns.set(name, run)
  try {
    return await run
  } finally {
    if (lastRuns.get(name) === run) lastRuns.delete(name)
  }
}
