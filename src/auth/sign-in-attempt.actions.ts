import { sql } from '../database/sql.ts'
import type { Transaction } from '../database/statements.ts'
import type { RunTransaction } from '../database/transaction.ts'
import { RateLimited } from '../errors.ts'
import { usernamePattern } from '../reference.ts'

export interface SignInAttempt {
  readonly username: string
  readonly address: string
}

/** An attempt to sign in, or to reset the password of an unknown account. */
type Attempt = SignInAttempt | { readonly username: null; readonly address: string }

// Failures before a counter blocks. Each further failure doubles the block, from 1 to 900 seconds.
const maxFailuresPerPair = 5
const maxFailuresPerAddress = 50
const maxFailuresPerAccount = 100
const maxBlockSeconds = 900

/**
 * Counts an attempt as failed before its password is verified, so that concurrent attempts cannot evade the limits. The
 * counters per account and per address do not apply to addresses from which the account's owner has signed in, so that
 * attackers cannot lock the owner out, even from the same address.
 */
export function countAttempt(transaction: RunTransaction, attempt: Attempt): Promise<void> {
  return transaction((tx) => countFailure(tx, attempt))
}

async function countFailure(tx: Transaction, attempt: Attempt): Promise<void> {
  const counters = await lockCounters(tx, attempt)
  const wait = Math.max(...counters.map(({ secondsLeft }) => secondsLeft))
  if (wait > 0)
    throw new RateLimited(
      `Too many failed ${attempt.username === null ? 'password resets' : 'sign-in attempts'}.`,
      wait,
    )
  const maxFailures = maxFailuresByKey(attempt)
  const failures = counters.map((counter) => counter.failures + 1)
  const blocks = counters.map(({ key }, index) => blockSeconds((failures[index] ?? 0) - (maxFailures.get(key) ?? 0)))
  await tx.query(sql`
    UPDATE sign_in_attempts a SET failures = new.failures, last_at = now(),
      blocked_until = CASE WHEN new.block = 0 THEN '-infinity' ELSE now() + new.block * interval '1 second' END
    FROM unnest(${counters.map(({ key }) => key)}::text[], ${failures}::integer[], ${blocks}::integer[])
      AS new(key, failures, block)
    WHERE a.key = new.key`)
}

const blockSeconds = (excess: number) => (excess < 0 ? 0 : Math.min(maxBlockSeconds, 2 ** excess))

interface Counter {
  readonly key: string
  /** Reset after a day without failures. */
  readonly failures: number
  readonly secondsLeft: number
}

/** Creates missing counters. Locks them in the order of their keys, so that attempts do not deadlock. */
function lockCounters(tx: Transaction, attempt: Attempt): Promise<Counter[]> {
  const { account, address, trusted } = keysOf(attempt)
  const keys = [...maxFailuresByKey(attempt).keys()].sort()
  return tx.query<Counter[]>(sql`
    INSERT INTO sign_in_attempts AS a (key, failures, last_at, blocked_until)
    SELECT key, 0, now(), '-infinity' FROM unnest(${keys}::text[]) WITH ORDINALITY AS counter(key, position)
    WHERE key NOT IN (${account}, ${address}) OR NOT EXISTS (SELECT FROM sign_in_attempts WHERE key = ${trusted})
    ORDER BY position
    ON CONFLICT (key) DO UPDATE SET key = a.key
    RETURNING key, CASE WHEN last_at < now() - interval '1 day' THEN 0 ELSE failures END AS failures,
      CASE WHEN blocked_until > now() THEN ceil(extract(epoch FROM blocked_until - now()))::integer ELSE 0 END AS "secondsLeft"`)
}

function maxFailuresByKey(attempt: Attempt): ReadonlyMap<string, number> {
  const { pair, address, account } = keysOf(attempt)
  if (attempt.username === null) return new Map([[pair, maxFailuresPerPair]])
  return new Map([
    [pair, maxFailuresPerPair],
    [address, maxFailuresPerAddress],
    [account, maxFailuresPerAccount],
  ])
}

/**
 * Resets the counter of username and address, reverts the attempt in the others, trusts the address for the account,
 * and deletes old counters.
 */
export async function recordSuccess(tx: Transaction, attempt: SignInAttempt): Promise<void> {
  const { pair, address, account, trusted } = keysOf(attempt)
  await tx.query(sql`
    WITH deleted_pair AS (DELETE FROM sign_in_attempts WHERE key = ${pair}),
      deleted_old AS (
        DELETE FROM sign_in_attempts WHERE key IN (
          SELECT key FROM sign_in_attempts
          WHERE last_at < now() - CASE WHEN key LIKE 'trusted %' THEN interval '90 days' ELSE interval '1 day' END
            AND key <> ${trusted}
          LIMIT 100 FOR UPDATE SKIP LOCKED)),
      decremented AS (
        UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0)
        WHERE key IN (${address}, ${account}) AND NOT EXISTS (SELECT FROM sign_in_attempts WHERE key = ${trusted}))
    INSERT INTO sign_in_attempts (key, failures, last_at, blocked_until) VALUES (${trusted}, 0, now(), '-infinity')
    ON CONFLICT (key) DO UPDATE SET last_at = now()`)
}

/** After a password reset: the counter of its address starts again, and the user signs in without a wait. */
export async function recordReset(tx: Transaction, attempt: SignInAttempt): Promise<void> {
  const { pair } = keysOf({ ...attempt, username: null })
  await tx.query(sql`DELETE FROM sign_in_attempts WHERE key = ${pair}`)
  await recordSuccess(tx, attempt)
}

function keysOf({ username, address }: Attempt) {
  // One counter for all malformed usernames, so that arbitrary texts do not fill the table.
  const account = username === null ? '!' : usernamePattern.test(username) ? username.toLowerCase() : '?'
  return {
    pair: `both ${account} ${address}`,
    address: `address ${address}`,
    account: `account ${account}`,
    trusted: `trusted ${account} ${address}`,
  }
}
