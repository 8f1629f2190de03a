import pLimit from 'p-limit'
import { QueryTimeout } from '../errors.ts'
import type { Statements } from './statements.ts'

/** Maximum bytes of values that a request reads, and characters of its result. */
export const maxBytesPerRequest = 20_000_000
const maxConcurrentStatements = 4
const maxWaitMilliseconds = 4000

export interface MeteredStatements extends Statements {
  /** Rest of the quota, which `reading/value.ts` decreases; null for no limit. */
  remainingBytes: number | null
  /** Sum of the durations of all statements. */
  usedMilliseconds: number
}

/** Limits a request to four concurrent statements and 20 MB. A statement that waits four seconds is UNAVAILABLE. */
export function withRequestQuota({ query, inTransaction }: Statements): MeteredStatements {
  const limit = pLimit(maxConcurrentStatements)
  const statements: MeteredStatements = {
    inTransaction,
    remainingBytes: maxBytesPerRequest,
    usedMilliseconds: 0,
    query: (statement) => {
      const deadline = performance.now() + maxWaitMilliseconds
      return limit(async () => {
        const start = performance.now()
        if (start > deadline) throw new QueryTimeout()
        try {
          return await query(statement)
        } finally {
          statements.usedMilliseconds += performance.now() - start
        }
      })
    },
  }
  return statements
}

export const withoutQuota = (statements: Statements): MeteredStatements => ({
  ...statements,
  remainingBytes: null,
  usedMilliseconds: 0,
})
