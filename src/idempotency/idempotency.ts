import { createHash } from 'node:crypto'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { BadUserInput, Conflict } from '../errors.ts'
import { seal, unseal } from './seal.ts'

/** The state of a request with an Idempotency-Key. */
export interface IdempotentRequest {
  /** SHA-256 of the caller and the key, in base64. */
  readonly key: string
  /** SHA-256 of the body, in base64. */
  readonly body: string
  /** The secret that seals stored results. It is derived from the key and the body, which are stored nowhere. */
  readonly secret: Buffer
  /** The mutation that is running: its response key. */
  step: string
  /** True if a mutation returned a stored result. */
  recalled: boolean
  /** True if a mutation took effect. */
  acted: boolean
}

const maxKeyLength = 255
const anonymous = 'anybody'

/** Creates the state of a request. `callerId` is null for an anonymous caller. Throws BAD_USER_INPUT for a malformed key. */
export function createIdempotentRequest(callerId: string | null, key: string, body: string): IdempotentRequest {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > maxKeyLength)
    throw new BadUserInput([
      { path: 'Idempotency-Key', message: `must be 1 to ${maxKeyLength} visible ASCII characters` },
    ])
  const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest()
  const caller = callerId ?? anonymous
  return {
    key: digest(caller, key).toString('base64'),
    body: digest(body).toString('base64'),
    secret: digest('seal', caller, key, body),
    step: '',
    recalled: false,
    acted: false,
  }
}

const lifetime = sql`interval '24 hours'`
const bytes = (base64: string) => sql`decode(${base64}, 'base64')`
const expired = sql`known.created_at < now() - ${lifetime}`

/** Claims a request's key for its body, and deletes a few expired keys. Throws CONFLICT if the key has another body. */
export async function claimKey(db: Statements, request: IdempotentRequest): Promise<void> {
  await db.query(sql`
    DELETE FROM idempotency_keys WHERE (key, step) IN (
      SELECT key, step FROM idempotency_keys known WHERE ${expired} ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED)`)
  await beginStep(db, request, '')
}

/**
 * Runs a mutation's action in its transaction, or returns the stored result of an earlier request with the same key.
 * Waits for a concurrent transaction with the same key.
 */
export async function runStepOnce<Result>(
  tx: Statements,
  request: IdempotentRequest | null,
  action: () => Promise<Result>,
): Promise<Result> {
  if (!request) return action()
  const sealed = await beginStep(tx, request, request.step)
  if (sealed !== null) return recall(request, sealed)
  const result = await action()
  await tx.query(sql`
    UPDATE idempotency_keys SET sealed = ${bytes(seal(result, request.secret))}
    WHERE key = ${bytes(request.key)} AND step = ${request.step}`)
  request.acted = true
  return result
}

/** The stored result of the running mutation; null if it has not taken effect before. */
export async function recallStep<Result>(
  db: Statements,
  request: IdempotentRequest,
): Promise<{ readonly result: Result } | null> {
  const [row] = await db.query<{ sealed: string }[]>(sql`
    SELECT encode(sealed, 'base64') AS sealed FROM idempotency_keys known
    WHERE key = ${bytes(request.key)} AND step = ${request.step} AND sealed IS NOT NULL AND NOT ${expired}`)
  return row ? { result: recall<Result>(request, row.sealed) } : null
}

/**
 * The state of a step before the action's, with a transaction of its own. It is a copy: a stored result of this step does
 * not make the response a replay.
 */
export const substepOf = (request: IdempotentRequest, name: string): IdempotentRequest => ({
  ...request,
  step: `${request.step} ${name}`,
})

function recall<Result>(request: IdempotentRequest, sealed: string): Result {
  request.recalled = true
  return unseal(sealed, request.secret) as Result
}

/** Inserts the row of a step, or waits for the transaction that does. Returns its sealed result; null if it is new. */
async function beginStep(db: Statements, { key, body }: IdempotentRequest, step: string): Promise<string | null> {
  const [row] = await db.query<[{ body: string; sealed: string | null }]>(sql`
    INSERT INTO idempotency_keys AS known (key, step, body) VALUES (${bytes(key)}, ${step}, ${bytes(body)})
    ON CONFLICT (key, step) DO UPDATE SET
      body = CASE WHEN ${expired} THEN excluded.body ELSE known.body END,
      sealed = CASE WHEN ${expired} THEN NULL ELSE known.sealed END,
      created_at = CASE WHEN ${expired} THEN now() ELSE known.created_at END
    RETURNING encode(body, 'base64') AS body, encode(sealed, 'base64') AS sealed`)
  if (row.body !== body)
    throw new Conflict('The Idempotency-Key was already used for a different request. Use a new key.')
  return row.sealed
}

const lastTurns = new Map<string, Promise<unknown>>()

/**
 * Runs work after all work of the same request in this process. Repeated requests wait here without a connection, and
 * without hashing a password again; correctness across processes is the database's.
 */
export async function inTurn<Result>({ key, body }: IdempotentRequest, work: () => Promise<Result>): Promise<Result> {
  const name = `${key} ${body}`
  const turn = (lastTurns.get(name) ?? Promise.resolve()).then(work, work)
  lastTurns.set(name, turn)
  try {
    return await turn
  } finally {
    if (lastTurns.get(name) === turn) lastTurns.delete(name)
  }
}
