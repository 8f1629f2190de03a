import pLimit from 'p-limit'
import { Unavailable } from '../errors.ts'
import type { Statements } from './statements.ts'

/** How many bytes of values a request may read, and how many characters it may be answered with. */
export const mostRead = 20_000_000
const atOnce = 4
const waitsMilliseconds = 4000

/** What a request may still read, in bytes. */
export interface Budget {
  left: number
}

/**
 * What one request may take of a database: four statements at a time, so that neither others nor its own fields wait in
 * vain for a connection, none of which waits longer than four seconds for its turn, and 20 MB of values.
 */
export function shareOf({ $queryRaw, ...statements }: Statements): Statements {
  const limit = pLimit(atOnce)
  const send = (...query: Parameters<Statements['$queryRaw']>) => {
    const until = performance.now() + waitsMilliseconds
    return limit(() => {
      if (performance.now() > until) throw new Unavailable('What was asked for takes too long: less of it may not.')
      return $queryRaw(...query)
    })
  }
  return { ...statements, $queryRaw: send as Statements['$queryRaw'], budget: { left: mostRead } }
}
