import pLimit from 'p-limit'
import { QueryTimedOut } from '../errors.ts'
import type { Statements } from './statements.ts'

/** Bytes of values that a request may read, and characters that its answer may have. */
export const maxBytesPerRequest = 20_000_000
const maxConcurrentStatements = 4
const maxWaitMilliseconds = 4000

/** Statements that count the bytes they read. */
export interface MeteredStatements extends Statements {
  /** Bytes that may still be read; null for no limit. `reading/value.ts` counts them down. */
  remainingBytes: number | null
}

/**
 * Limits one request to four statements at a time and 20 MB of values, so that it neither takes all connections nor
 * starves its own fields. A statement that waits more than four seconds for its turn is UNAVAILABLE.
 */
export function withRequestQuota({ query, inTransaction }: Statements): MeteredStatements {
  const limit = pLimit(maxConcurrentStatements)
  return {
    inTransaction,
    remainingBytes: maxBytesPerRequest,
    query: (statement) => {
      const deadline = performance.now() + maxWaitMilliseconds
      return limit(() => {
        if (performance.now() > deadline) throw new QueryTimedOut()
        return query(statement)
      })
    },
  }
}

/** Statements without a quota, for results that are streamed. */
export const withoutQuota = (statements: Statements): MeteredStatements => ({ ...statements, remainingBytes: null })
