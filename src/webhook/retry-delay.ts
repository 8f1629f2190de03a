const [second, minute, hour] = [1, 60, 3600]
/** Standard Webhooks 1.0.0: 75 hours and 35 minutes in total. */
const delays: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]
const jitter = 0.2
const maxRetryAfter = 24 * hour

export const maxStoredAttempts = 20

/** Failures in a row after which an endpoint receives one delivery at a time. */
export const failuresBeforeProbes = 5

interface FailedAttempt {
  readonly status: number | null
  /** Seconds that the endpoint demands. */
  readonly retryAfter: number | null
}

/**
 * Seconds until the next attempt; null after the last one. `failures` includes this one. The delays vary by 20 %, so that
 * deliveries that failed together are not repeated together.
 */
export function retryDelay(
  failures: number,
  { retryAfter }: FailedAttempt,
  random: () => number = Math.random,
): number | null {
  const delay = delays[failures - 1]
  if (delay === undefined) return null
  return retryAfter === null ? delay * (1 + jitter * (2 * random() - 1)) : Math.min(retryAfter, maxRetryAfter)
}

/** Statuses of an endpoint, or its proxy, that is overloaded. */
const throttlingStatuses: readonly (number | null)[] = [429, 502, 504]

/** Seconds without an attempt to the endpoint. `failures` are those in a row, including this one. */
export function endpointDelay(failures: number, { status, retryAfter }: FailedAttempt): number {
  if (throttlingStatuses.includes(status)) return Math.min(retryAfter ?? minute, maxRetryAfter)
  return failures < failuresBeforeProbes ? 0 : minute
}
