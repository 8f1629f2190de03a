import { createHash, hash } from 'node:crypto'
import { addToCounter } from '../database/counter.ts'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { BadUserInput, Conflict, RateLimited, ResultHidden } from '../errors.ts'
import { isId } from '../reference.ts'
import { seal, unseal } from './seal.ts'

interface Owner {
  /** Null for an anonymous client. */
  readonly tokenId: string | null
  readonly userId: string | null
  /** True if a project that the owner cannot see contains an object with one of the ids. */
  readonly hasHidden: (db: Statements, ids: readonly string[]) => Promise<boolean>
}

export interface IdempotentRequest extends Owner {
  /** SHA-256 of the token's id and the key, in base64. */
  readonly key: string
  /** SHA-256 of the body, in base64. */
  readonly body: string
  /** Encrypts stored results. Derived from the key and the body, which are not stored. */
  readonly secret: Buffer
  /** SHA-256 of the response key of the mutation that is running, in base64. */
  step: string
  hasReplayed: boolean
  hasTakenEffect: boolean
}

const maxKeyLength = 255
const anonymousId = 'anonymous'
const secondsPerDay = 86_400
const maxStoredKilobytes = 500_000
/** Bytes of two rows and their index entries, without the result. */
const rowOverhead = 500

/** Throws BAD_USER_INPUT for a malformed key. */
export function createIdempotentRequest(owner: Owner, key: string, body: string): IdempotentRequest {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > maxKeyLength)
    throw new BadUserInput([
      { path: 'Idempotency-Key', message: `must be 1 to ${maxKeyLength} visible ASCII characters` },
    ])
  return {
    ...owner,
    key: digestOfKey(owner.tokenId, key),
    body: digest(body).toString('base64'),
    secret: digest('seal', owner.tokenId ?? anonymousId, key, body),
    step: '',
    hasReplayed: false,
    hasTakenEffect: false,
  }
}

const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest()

const digestOfKey = (tokenId: string | null, key: string) => digest(tokenId ?? anonymousId, key).toString('base64')

export function startStep(request: IdempotentRequest, responseKey: string): void {
  request.step = hash('sha256', responseKey, 'base64')
}

const lifetime = sql`interval '24 hours'`
const bytes = (base64: string) => sql`decode(${base64}, 'base64')`
const isExpired = sql`entry.created_at < now() - ${lifetime}`

/** True if a request with this key has taken effect, whatever its body was. */
export async function isKeyUsed(db: Statements, tokenId: string | null, key: string): Promise<boolean> {
  const rows = await db.query<object[]>(sql`
    SELECT FROM idempotency_keys entry
    WHERE key = ${bytes(digestOfKey(tokenId, key))} AND step = '' AND NOT ${isExpired}`)
  return rows.length > 0
}

/**
 * Deletes more expired rows than the request can add, since a document has at most 10 mutations. Throws CONFLICT if a
 * request with this key and another body has taken effect.
 */
export async function checkKey(db: Statements, { key, body }: IdempotentRequest): Promise<void> {
  const rows = await db.query<{ body: string }[]>(sql`
    WITH deleted AS (
      DELETE FROM idempotency_keys WHERE (key, step) IN (
        SELECT key, step FROM idempotency_keys entry WHERE ${isExpired} ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED))
    SELECT encode(body, 'base64') AS body FROM idempotency_keys entry
    WHERE key = ${bytes(key)} AND step = '' AND NOT ${isExpired}`)
  mustHaveBody(rows, body)
}

/**
 * Runs an action in its transaction, or returns its stored result. Waits for a concurrent transaction with the same
 * key. An action that fails stores nothing.
 */
export async function runStepOnce<Result>(
  tx: Statements,
  request: IdempotentRequest | null,
  action: () => Promise<Result>,
): Promise<Result> {
  if (!request) return action()
  const storedResult = await beginStep(tx, request)
  if (storedResult !== null) return replay(tx, request, storedResult)
  const result = await action()
  await storeResult(tx, request, seal(result, request.secret))
  request.hasTakenEffect = true
  return result
}

export async function readStoredResult<Result>(
  db: Statements,
  request: IdempotentRequest,
): Promise<{ readonly result: Result } | null> {
  const [row] = await db.query<{ sealed: string }[]>(sql`
    SELECT encode(sealed, 'base64') AS sealed FROM idempotency_keys entry
    WHERE key = ${bytes(request.key)} AND step = ${request.step} AND body = ${bytes(request.body)}
      AND sealed IS NOT NULL AND NOT ${isExpired}`)
  return row ? { result: await replay<Result>(db, request, row.sealed) } : null
}

async function replay<Result>(db: Statements, request: IdempotentRequest, sealedResult: string): Promise<Result> {
  const result = unseal(sealedResult, request.secret) as Result
  if (await request.hasHidden(db, idsIn(result))) throw new ResultHidden()
  request.hasReplayed = true
  return result
}

/** The ids of a result: the result itself, or its properties named `id`, `…Id` or `…Ids`. Other texts may look like ids. */
function idsIn(value: unknown, name = 'id'): string[] {
  if (typeof value === 'string') return /^(id|\w+Ids?)$/.test(name) && isId(value) ? [value] : []
  if (Array.isArray(value)) return value.flatMap((item) => idsIn(item, name))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([property, inner]) => idsIn(inner, property))
}

/**
 * Inserts the rows of the request and of its step, or waits for the transaction that does. Returns the sealed result of the
 * step; null if it has none.
 */
async function beginStep(db: Statements, { key, body, step }: IdempotentRequest): Promise<string | null> {
  const rows = await db.query<{ step: string; body: string; sealed: string | null }[]>(sql`
    INSERT INTO idempotency_keys AS entry (key, step, body)
    VALUES (${bytes(key)}, '', ${bytes(body)}), (${bytes(key)}, ${step}, ${bytes(body)})
    ON CONFLICT (key, step) DO UPDATE SET
      body = CASE WHEN ${isExpired} THEN excluded.body ELSE entry.body END,
      sealed = CASE WHEN ${isExpired} THEN NULL ELSE entry.sealed END,
      created_at = CASE WHEN ${isExpired} THEN now() ELSE entry.created_at END
    RETURNING step, encode(body, 'base64') AS body, encode(sealed, 'base64') AS sealed`)
  mustHaveBody(rows, body)
  return rows.find((row) => row.step === step)?.sealed ?? null
}

function mustHaveBody(rows: readonly { readonly body: string }[], body: string): void {
  if (rows.some((row) => row.body !== body))
    throw new Conflict('The Idempotency-Key was already used for a different request. Use a new key.')
}

/** Throws RATE_LIMITED if the user has stored too much. */
async function storeResult(tx: Statements, { key, step, userId }: IdempotentRequest, sealed: string): Promise<void> {
  await tx.query(sql`
    UPDATE idempotency_keys SET sealed = ${bytes(sealed)} WHERE key = ${bytes(key)} AND step = ${step}`)
  if (userId === null) return
  const kilobytes = Math.ceil((Buffer.byteLength(sealed, 'base64') + rowOverhead) / 1000)
  const { points, secondsLeft } = await addToCounter(tx, `results ${userId}`, kilobytes, secondsPerDay)
  if (points > maxStoredKilobytes)
    throw new RateLimited('Your stored results of requests with an Idempotency-Key exceed 500 MB a day.', secondsLeft)
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
