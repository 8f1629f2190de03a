import { type Prisma, type PrismaClient, Prisma as Sql } from '../../prisma/generated/client.ts'
import type { Statements } from '../database/statements.ts'
import { inTransaction } from '../database/transaction.ts'
import { RateLimited } from '../errors.ts'
import { actOnce, beginningOf, type Once } from '../idempotency/once.ts'
import { usernamePattern } from '../reference.ts'

/** Who tries to sign in, from where, and whether a repetition is the same attempt. */
export interface Attempt {
  readonly username: string
  readonly address: string
  readonly once: Once | null
}

// How many may fail before each further one has to wait: twice as long each time, from a second to a quarter of an hour.
const freeForBoth = 5
const freeForAddress = 50
const freeForAccount = 100
const longestSeconds = 900

/**
 * Counts a sign-in as failed before its password is proven, so that many at once are no way around. Throws RATE_LIMITED,
 * with nothing proven and nothing counted, where too many have failed: of this account from this address, of any account
 * from this address, or of this account from anywhere. The last does not hold for addresses from which its owner has
 * signed in before: else anybody could lock them out. With an Idempotency-Key it is counted once: it tries one password.
 */
export function countAttempt(prisma: PrismaClient, attempt: Attempt): Promise<void> {
  // What others have blocked in the meantime shows only once it is counted: all of it is taken back then.
  return inTransaction(prisma, (tx) =>
    actOnce(tx, attempt.once && beginningOf(attempt.once), async () => {
      const wait = await secondsToWait(tx, attempt)
      if (wait > 0) throw new RateLimited('Too many sign-ins have failed.', wait)
    }),
  )
}

/** How long an attempt has to wait; 0 where it is counted. */
async function secondsToWait(tx: Statements, attempt: Attempt): Promise<number> {
  const { both, address, account, trusted } = keysOf(attempt)
  const counted = [
    { key: both, free: freeForBoth },
    { key: address, free: freeForAddress },
    { key: account, free: freeForAccount },
  ]
  // Rows are locked in the order of their keys, so that attempts at once do not lock each other out.
  counted.sort((a, b) => (a.key < b.key ? -1 : 1))
  const [row] = await tx.$queryRaw<[{ seconds: number }]>`
    WITH given AS (
        SELECT key, place FROM unnest(${counted.map(({ key }) => key)}::text[]) WITH ORDINALITY AS given(key, place)
        WHERE key <> ${account} OR NOT EXISTS (SELECT FROM sign_in_attempts WHERE key = ${trusted})),
      refused AS (SELECT ${secondsLeft} AS seconds FROM sign_in_attempts a JOIN given USING (key) WHERE ${blocked}),
      counted AS (
        INSERT INTO sign_in_attempts AS a (key, failures, last_at, blocked_until)
        SELECT key, 1, now(), '-infinity' FROM given WHERE NOT EXISTS (SELECT FROM refused) ORDER BY place
        ON CONFLICT (key) DO UPDATE SET
          failures = CASE WHEN ${blocked} THEN a.failures ELSE ${failures} END,
          last_at = CASE WHEN ${blocked} THEN a.last_at ELSE now() END,
          blocked_until = CASE
            WHEN ${blocked} THEN a.blocked_until
            WHEN ${failures} < ${freeOf(counted)} THEN '-infinity'
            ELSE now() + least(${longestSeconds}, 2 ^ least(${failures} - ${freeOf(counted)}, 20)) * interval '1 second' END
        RETURNING CASE WHEN last_at = now() THEN 0 ELSE ${secondsLeft} END AS seconds)
    SELECT coalesce(max(seconds), 0) AS seconds FROM (TABLE refused UNION ALL TABLE counted) AS waits`
  return row.seconds
}

/** Takes back what was counted of a sign-in that did not fail, and remembers where it came from; forgets what is old. */
export async function forgiveAttempt(db: Statements, attempt: Attempt): Promise<void> {
  const { both, address, account, trusted } = keysOf(attempt)
  await db.$queryRaw`
    WITH proven AS (DELETE FROM sign_in_attempts WHERE key = ${both}),
      old AS (
        DELETE FROM sign_in_attempts WHERE key IN (
          SELECT key FROM sign_in_attempts
          WHERE last_at < now() - CASE WHEN key LIKE 'trusted %' THEN interval '90 days' ELSE interval '1 day' END
            AND key <> ${trusted}
          LIMIT 100 FOR UPDATE SKIP LOCKED)),
      forgiven AS (
        UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0) WHERE key IN (${address}, ${account}))
    INSERT INTO sign_in_attempts (key, failures, last_at, blocked_until) VALUES (${trusted}, 0, now(), '-infinity')
    ON CONFLICT (key) DO UPDATE SET last_at = now()`
}

const blocked: Prisma.Sql = Sql.sql`a.blocked_until > now()`
const secondsLeft: Prisma.Sql = Sql.sql`ceil(extract(epoch FROM blocked_until - now()))::integer`
/** Counted anew after a day without any. */
const failures: Prisma.Sql = Sql.sql`(CASE WHEN a.last_at < now() - interval '1 day' THEN 1 ELSE a.failures + 1 END)`
const freeOf = (counted: readonly { key: string; free: number }[]): Prisma.Sql =>
  Sql.sql`(CASE a.key ${Sql.join(
    counted.map(({ key, free }) => Sql.sql`WHEN ${key} THEN ${free}::integer`),
    ' ',
  )} END)`

function keysOf({ username, address }: Attempt) {
  // What can be no username is the same for all: nobody fills the table with texts of their own.
  const account = usernamePattern.test(username) ? username.toLowerCase() : '?'
  return {
    both: `both ${account} ${address}`,
    address: `address ${address}`,
    account: `account ${account}`,
    trusted: `trusted ${account} ${address}`,
  }
}
