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
  let running = 0
  const waiting: (() => void)[] = []
  const waitForTurn = async () => {
    const deadline = performance.now() + maxWaitMilliseconds
    await new Promise<void>((resolve) => waiting.push(resolve))
    if (performance.now() <= deadline) return
    endTurn()
    throw new QueryTimeout()
  }
  // The next statement takes over the turn.
  const endTurn = () => {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
  const statements: MeteredStatements = {
    inTransaction,
    remainingBytes: maxBytesPerRequest,
    usedMilliseconds: 0,
    async query(statement) {
      if (running === maxConcurrentStatements) await waitForTurn()
      else running++
      const start = performance.now()
      try {
        return await query(statement)
      } finally {
        statements.usedMilliseconds += performance.now() - start
        endTurn()
      }
    },
  }
  return statements
}

export const withoutQuota = (statements: Statements): MeteredStatements => ({
  ...statements,
  remainingBytes: null,
  usedMilliseconds: 0,
})
