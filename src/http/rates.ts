import type { Pool } from 'pg'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { formatNumber, RateLimited } from '../errors.ts'

const windowSeconds = 60

export const allowanceHeaders = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'] as const

/**
 * The rest of an allowance, as response headers:
 * https://www.ietf.org/archive/id/draft-polli-ratelimit-headers-02.html
 */
export type Allowance = Readonly<Record<(typeof allowanceHeaders)[number], string>>

/** Both throw RATE_LIMITED above the limit. */
export interface Rates {
  readonly countRequest: (address: string) => Promise<Allowance | null>
  readonly spend: (userId: string, points: number) => Promise<Allowance | null>
}

interface RateOptions {
  readonly requests: number
  /** Points per user and minute; 0 for no limit. */
  readonly points: number
  /** Counts in the database for all servers together; null counts in memory. */
  readonly pool: Pool | null
}

export function createRates({ requests, points, pool }: RateOptions): Rates {
  const limiter = (keyPrefix: string, limit: number): RateLimiterAbstract | null => {
    if (limit === 0) return null
    const options = { keyPrefix, points: limit, duration: windowSeconds }
    return pool
      ? new RateLimiterPostgres({
          ...options,
          storeClient: pool,
          storeType: 'pool',
          tableName: 'rates',
          tableCreated: true,
        })
      : new RateLimiterMemory(options)
  }
  const byAddress = limiter('address', requests)
  const byUser = limiter('user', points)
  return {
    countRequest: (address) =>
      consume(
        byAddress,
        address,
        1,
        () => `The rate limit of ${formatNumber(requests)} requests per address and minute was exceeded.`,
      ),
    spend: (userId, cost) =>
      consume(
        byUser,
        userId,
        cost,
        () =>
          `A cost of ${formatNumber(cost)} exceeds your remaining points (limit: ${formatNumber(points)} per minute).`,
      ),
  }
}

async function consume(limiter: RateLimiterAbstract | null, key: string, amount: number, message: () => string) {
  if (!limiter) return null
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key, amount)
    return allowance(limiter.points, remainingPoints, Math.ceil(msBeforeNext / 1000))
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    // A rejected cost is not spent: a smaller one may still fit.
    if (amount > 1) await limiter.reward(key, amount)
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
    throw new RateLimited(message(), seconds, allowance(limiter.points, 0, seconds))
  }
}

const allowance = (limit: number, remaining: number, seconds: number): Allowance => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(Math.max(0, remaining)),
  'ratelimit-reset': String(seconds),
})
