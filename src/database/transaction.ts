import { setTimeout as wait } from 'node:timers/promises'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import { Conflict } from '../errors.ts'
import { parseDatabaseError, toApiError } from './database-error.ts'
import { sql } from './sql.ts'
import { createTransactionStatements, type Statements, type Transaction } from './statements.ts'

const maxAttempts = 5
const serializationFailure = '40001'
const deadlockDetected = '40P01'
const foreignKeyViolation = '23503'

/** The maximum delay of a Node.js timer in milliseconds, about 25 days. */
const noTimeout = 2 ** 31 - 1

/**
 * Runs work in a READ COMMITTED transaction, at most five times: a deadlock, a serialization failure and LostRace are
 * retried after a short random delay. Converts violated constraints to errors of the API.
 */
export type RunTransaction = <Result>(
  work: (tx: Transaction) => Promise<Result>,
  options?: {
    readonly isLongRunning?: boolean
  },
) => Promise<Result>

export const createTransactionRunner =
  (prisma: PrismaClient): RunTransaction =>
  (work, { isLongRunning = false } = {}) =>
    withRetries(() =>
      prisma.$transaction(
        async (client) => {
          const tx = { ...createTransactionStatements(client), prisma: client }
          if (isLongRunning)
            await tx.query(sql`
              SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '20s', true),
                set_config('idle_in_transaction_session_timeout', '0', true)`)
          return await work(tx)
        },
        isLongRunning ? { timeout: noTimeout } : {},
      ),
    )

export async function withRetries<Result>(transaction: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      const { sqlState } = parseDatabaseError(error)
      const isTransient =
        sqlState === serializationFailure || sqlState === deadlockDetected || error instanceof LostRace
      if (!isTransient || attempt === maxAttempts) throw toApiError(error)
      await wait(Math.random() * 10 * 2 ** attempt)
    }
  }
}

/** Another transaction has locked or changed the rows on which a write depends. */
export class LostRace extends Conflict {
  constructor() {
    super('Another request is changing the same data. Try again.')
  }
}

/**
 * Runs work outside a transaction, which takes half the time. The work must end with its only writing statement. If another
 * transaction has locked the row or changed the state that the work read (version, role, archived project), the statement
 * must write nothing and the work must throw LostRace. Then, and after a deadlock or a deleted reference, the work runs
 * again in a transaction with locks.
 */
export async function runOptimistically<Result>(
  { db, transaction }: { readonly db: Statements; readonly transaction: RunTransaction },
  work: (db: Statements) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(db)
  } catch (error) {
    const { sqlState } = parseDatabaseError(error)
    const isTransient = [serializationFailure, deadlockDetected, foreignKeyViolation].includes(sqlState ?? '')
    if (!isTransient && !(error instanceof LostRace)) throw toApiError(error)
    return transaction(work)
  }
}
