const maxAgeMilliseconds = 1000

/**
 * Limits how often a query of a path without rate limit runs: concurrent calls wait for one run, whose result, but
 * not an error, is returned for another second.
 */
export function reuseResults<Result>(query: () => Promise<Result>): () => Promise<Result> {
  let run: Promise<Result> | undefined
  let expiresAt = 0
  return () => {
    if (run && performance.now() < expiresAt) return run
    expiresAt = Infinity
    run = query()
    run.then(
      () => {
        expiresAt = performance.now() + maxAgeMilliseconds
      },
      () => {
        expiresAt = 0
      },
    )
    return run
  }
}
