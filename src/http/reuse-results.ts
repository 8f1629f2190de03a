const maxAgeMilliseconds = 1000

/**
 * Limits how often a query of a path without rate limit runs: concurrent calls wait for one run, whose result is
 * returned for another second.
 */
export function reuseResults<Result>(query: () => Promise<Result>): () => Promise<Result> {
  let run: Promise<Result> | undefined
  let expiresAt = 0
  return () => {
    if (run && performance.now() < expiresAt) return run
    expiresAt = Infinity
    run = query().finally(() => {
      expiresAt = performance.now() + maxAgeMilliseconds
    })
    return run
  }
}
