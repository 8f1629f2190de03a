import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { BadUserInput, Conflict } from '../errors.ts'

/** A request that is to take effect once, however often it comes. */
export interface Once {
  /** SHA-256 of its caller and its key. */
  readonly key: string
  /** SHA-256 of its body. */
  readonly body: string
  /** What seals what it gives: made of the key and the body, which are stored nowhere. */
  readonly secret: Buffer
  /** Which of the request's mutations runs: the name of its field in the answer. */
  step: string
}

const longestKey = 255
const anybody = 'anybody'

/** A request by its caller (null for one without an account), its Idempotency-Key and its body. BAD_USER_INPUT for no key. */
export function onceOf(callerId: string | null, key: string, body: string): Once {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > longestKey)
    throw new BadUserInput([
      { path: 'Idempotency-Key', message: `must have 1 to ${longestKey} visible characters of ASCII` },
    ])
  const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest()
  const caller = callerId ?? anybody
  return {
    key: digest(caller, key).toString('base64'),
    body: digest(body).toString('base64'),
    secret: digest('seal', caller, key, body),
    step: '',
  }
}

const lifetime = sql`interval '24 hours'`
const bytes = (base64: string) => sql`decode(${base64}, 'base64')`
const expired = sql`known.created_at < now() - ${lifetime}`

/**
 * Begins a request, or one of its mutations in that mutation's transaction: waits while another with the same key is under
 * way there. Null where it is the first; else what the first gave. CONFLICT where that had another body.
 */
async function begin(db: Statements, { key, body, secret }: Once, step: string): Promise<{ given: unknown } | null> {
  const [row] = await db.query<[{ body: string; sealed: string | null }]>(sql`
    INSERT INTO idempotency_keys AS known (key, step, body) VALUES (${bytes(key)}, ${step}, ${bytes(body)})
    ON CONFLICT (key, step) DO UPDATE SET
      body = CASE WHEN ${expired} THEN excluded.body ELSE known.body END,
      sealed = CASE WHEN ${expired} THEN NULL ELSE known.sealed END,
      created_at = CASE WHEN ${expired} THEN now() ELSE known.created_at END
    RETURNING encode(body, 'base64') AS body, encode(sealed, 'base64') AS sealed`)
  if (row.body !== body) throw new Conflict('The Idempotency-Key was used for another request.')
  return row.sealed === null ? null : { given: unsealed(row.sealed, secret) }
}

/** Keeps what a request or one of its mutations has given, where nothing is kept yet, and returns what is kept. */
async function keep(db: Statements, { key, secret }: Once, step: string, given: unknown): Promise<unknown> {
  const [row] = await db.query<[{ sealed: string }]>(sql`
    UPDATE idempotency_keys SET sealed = coalesce(sealed, ${bytes(sealed(given, secret))})
    WHERE key = ${bytes(key)} AND step = ${step} RETURNING encode(sealed, 'base64') AS sealed`)
  return unsealed(row.sealed, secret)
}

/** Runs a mutation's action in its transaction, unless an earlier request with the same key has: then gives what that gave. */
export async function actOnce<Result>(
  tx: Statements,
  once: Once | null,
  action: () => Promise<Result>,
): Promise<Result> {
  if (!once) return action()
  const before = await begin(tx, once, once.step)
  if (before) return before.given as Result
  return (await keep(tx, once, once.step, await action())) as Result
}

/** What a mutation does once before its own transaction, in one that comes before that. */
export const beginningOf = (once: Once): Once => ({ ...once, step: `${once.step} begins` })

/** What an earlier request with the same key has done in the mutation that runs; null where it did not come so far. */
export async function recall(db: Statements, { key, step, secret }: Once): Promise<{ given: unknown } | null> {
  const [row] = await db.query<{ sealed: string }[]>(sql`
    SELECT encode(sealed, 'base64') AS sealed FROM idempotency_keys known
    WHERE key = ${bytes(key)} AND step = ${step} AND sealed IS NOT NULL AND NOT ${expired}`)
  return row ? { given: unsealed(row.sealed, secret) } : null
}

/**
 * Answers a request once: with its first answer, where there is one, or else by running it. Where several run at once, or
 * one after a crash, their mutations take effect once, and whose answer is kept first answers all of them. An answer that
 * is not `final` is not kept: the same request may do better later.
 */
export async function answerOnce<Answer>(
  db: Statements,
  once: Once,
  run: () => Promise<Answer>,
  isFinal: (answer: Answer) => boolean,
): Promise<{ readonly answer: Answer; readonly replayed: boolean }> {
  await sweep(db)
  return inTurn(`${once.key} ${once.body}`, async () => {
    const before = await begin(db, once, '')
    if (before) return { answer: before.given as Answer, replayed: true }
    const answer = await run()
    return { answer: isFinal(answer) ? ((await keep(db, once, '', answer)) as Answer) : answer, replayed: false }
  })
}

const underWay = new Map<string, Promise<unknown>>()

/**
 * Runs work after what has begun in this process under the same name. A repetition waits here without a connection, and
 * does not hash a password that has been counted as tried; correctness is the database's.
 */
async function inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const turn = (underWay.get(name) ?? Promise.resolve()).then(work, work)
  underWay.set(name, turn)
  try {
    return await turn
  } finally {
    if (underWay.get(name) === turn) underWay.delete(name)
  }
}

const sweep = (db: Statements) =>
  db.query(sql`
  DELETE FROM idempotency_keys WHERE (key, step) IN (
    SELECT key, step FROM idempotency_keys known WHERE ${expired} ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED)`)

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16

/** A value as base64 that nobody reads without the secret (AES-256-GCM; NIST SP 800-38D): answers may hold tokens. */
function sealed(value: unknown, secret: Buffer): string {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, secret, nonce)
  const text = Buffer.concat([cipher.update(serialize(value)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
}

function unsealed(base64: string, secret: Buffer): unknown {
  const data = Buffer.from(base64, 'base64')
  const decipher = createDecipheriv(algorithm, secret, data.subarray(0, nonceLength))
  decipher.setAuthTag(data.subarray(nonceLength, nonceLength + tagLength))
  return deserialize(Buffer.concat([decipher.update(data.subarray(nonceLength + tagLength)), decipher.final()]))
}
