import { setTimeout as wait } from 'node:timers/promises'
import type { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { AnswerTooLarge, Conflict, NotFound, Unavailable } from '../errors.ts'
import { faultOf } from './fault.ts'
import { mostRead } from './share.ts'
import type { Statements } from './statements.ts'

/** A database or a transaction: what every action takes first, so that it can join either. */
export type Transaction = Prisma.TransactionClient

const attempts = 5
const serializationFailure = '40001'
const deadlockDetected = '40P01'
const foreignKeyViolation = '23503'
const statementTimeout = '57014'
const programLimitExceeded = '54000'

/** What a broken constraint means to the caller. The one place that knows constraints by name. */
const conflicts: Readonly<Record<string, string>> = {
  users_username_key: 'The username is taken.',
  projects_key_key: 'The project key is taken.',
  labels_project_id_name_key: 'The project has a label of that name.',
}

/**
 * Runs work in one transaction (READ COMMITTED), again when the database gave it up for a deadlock or a serialization
 * failure: up to five times, after a short random wait. Broken constraints come out as the API's errors.
 */
export const inTransaction = <Result>(
  prisma: PrismaClient,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> => retried(() => prisma.$transaction(work))

/** Runs a transaction again when the database gave it up, as `inTransaction` does. */
export async function retried<Result>(transaction: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      const { sqlState } = faultOf(error)
      const retry = sqlState === serializationFailure || sqlState === deadlockDetected || error instanceof Overtaken
      if (!retry || attempt === attempts) throw translated(error)
      await wait(Math.random() * 10 * 2 ** attempt)
    }
  }
}

/** What a write was decided on changed before it was made, or is locked by somebody else: decide again, after waiting. */
export class Overtaken extends Conflict {
  constructor() {
    super('Others were changing the same at the same moment. Try again.')
  }
}

/**
 * Runs work that ends with the one statement that writes, without a transaction: on an idle row that takes half the time.
 * That statement must write nothing and throw Overtaken unless what was decided on (the version, the role, a project in
 * use) still stands and nobody holds the row; then, as after a deadlock or when a row that is referred to has gone, the
 * work is done again in a transaction, with locks.
 */
export async function atOnce<Result>(
  { prisma, direct }: { readonly prisma: PrismaClient; readonly direct: Statements },
  work: (db: Statements) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(direct)
  } catch (error) {
    const { sqlState } = faultOf(error)
    const again = [serializationFailure, deadlockDetected, foreignKeyViolation].includes(sqlState ?? '')
    if (!again && !(error instanceof Overtaken)) throw translated(error)
    return inTransaction(prisma, work)
  }
}

/** A database's fault as the error that the API knows for it; any other error as it is. */
export function translated(error: unknown): unknown {
  const { constraint, sqlState, unreachable } = faultOf(error)
  if (sqlState === statementTimeout) return new Unavailable('What was asked for takes too long: less of it may not.')
  if (sqlState === programLimitExceeded) return new AnswerTooLarge(mostRead)
  if (unreachable) return new Unavailable()
  if (constraint && conflicts[constraint]) return new Conflict(conflicts[constraint])
  // What a row refers to went away between the check and the write.
  if (sqlState === foreignKeyViolation) return new NotFound('What this refers to was deleted in the meantime.')
  return error
}
