import type { Pool, QueryConfig } from 'pg'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { formatNumber, RateLimited } from '../errors.ts'
import type { HttpRequest } from './request.ts'

const windowSeconds = 60
/** Time for parsing and validating new documents. Most requests repeat a document, or have one of less than 1 ms. */
const parsingMillisecondsPerRequest = { user: 3, address: 1 }

export const allowanceHeaders = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'] as const

/**
 * The rest of an allowance, as response headers:
 * https://www.ietf.org/archive/id/draft-polli-ratelimit-headers-02.html
 */
export type Allowance = Readonly<Record<(typeof allowanceHeaders)[number], string>>

/**
 * Owner of an allowance: a user for requests with a valid token, otherwise an address, separately for requests, requests
 * that a page of another origin could cause, sign-ins, sign-ups and unknown tokens. Thus, clients without a token cannot use up the allowance of users with the same address.
 */
export type Payer = `${'user' | 'address' | 'unverified' | 'sign-in' | 'sign-up' | 'token'} ${string}`

/**
 * The payer of a request without a token. Browsers name the origin of a page only to servers with HTTPS and on localhost:
 * elsewhere, an image on any page could use up the allowance of an address by GET requests.
 */
export const anonymousPayer = ({
  method,
  header,
  address,
}: Pick<HttpRequest, 'method' | 'header' | 'address'>): Payer =>
  method !== 'POST' && !header('sec-fetch-site') ? `unverified ${address}` : `address ${address}`

/** Points that a request has spent. */
export interface Charge {
  /** Returns points, and the allowance after that. */
  readonly refund: (points: number) => Promise<Allowance | null>
}

/** All throw RATE_LIMITED above the limit. */
export interface Rates {
  readonly countRequest: (payer: Payer) => Promise<Allowance | null>
  /** `advise` returns sentences for the error, from the points that remain. */
  readonly spend: (payer: Payer, points: number, advise?: (remaining: number) => string) => Promise<Charge>
  /** Charges the processor time of `parse`. Throws before it runs if earlier calls have used up the time of the payer. */
  readonly chargeParsing: <Result>(payer: Payer, parse: () => Result) => Promise<Result>
}

interface RateOptions {
  /** Requests per payer and minute; 0 for no limit. */
  readonly requests: number
  /** Points per payer and minute; 0 for no limit. */
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
          // A pooler may not support its named statements.
          storeClient: { query: ({ text, values }: QueryConfig) => pool.query(text, values) },
          storeType: 'pool',
          tableName: 'rates',
          tableCreated: true,
        })
      : new RateLimiterMemory(options)
  }
  const requestLimiter = limiter('requests', requests)
  const pointLimiter = limiter('points', points)
  // Always in memory: the time is that of this process.
  const parsingLimiter =
    requests === 0 ? null : new RateLimiterMemory({ keyPrefix: 'parsing', points: 0, duration: windowSeconds })
  return {
    countRequest: (payer) =>
      consume(
        requestLimiter,
        payer,
        1,
        () => `The rate limit of ${formatNumber(requests)} requests per ${nounOf(payer)} and minute was exceeded.`,
      ),
    async spend(payer, cost, advise = () => '') {
      const allowance = await consume(pointLimiter, payer, cost, (remaining) => {
        const excess = `A cost of ${formatNumber(cost)} exceeds your remaining ${formatNumber(remaining)} points (limit: ${formatNumber(points)} per minute).`
        return `${excess} ${advise(remaining)}`.trim()
      })
      return { refund: (refunded) => refund(pointLimiter, payer, refunded, allowance) }
    },
    async chargeParsing(payer, parse) {
      if (!parsingLimiter) return parse()
      const used = await parsingLimiter.get(payer)
      if (used && used.consumedPoints > requests * parsingMillisecondsPerRequest[nounOf(payer)])
        throw new RateLimited(
          `Your documents have used up the time for parsing and validation per ${nounOf(payer)} and minute. Send fewer or shorter documents, with values as variables.`,
          Math.max(1, Math.ceil(used.msBeforeNext / 1000)),
        )
      const start = process.threadCpuUsage()
      try {
        return parse()
      } finally {
        const { user, system } = process.threadCpuUsage(start)
        await parsingLimiter.penalty(payer, Math.ceil((user + system) / 1000))
      }
    },
  }
}

const nounOf = (payer: Payer) => (payer.startsWith('user ') ? 'user' : 'address')

async function consume(
  limiter: RateLimiterAbstract | null,
  key: string,
  amount: number,
  message: (remaining: number) => string,
): Promise<Allowance | null> {
  if (!limiter) return null
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key, amount)
    return allowanceOf(limiter.points, remainingPoints, msBeforeNext)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    // A rejected cost is not spent: a smaller one may still fit.
    if (amount > 1) await limiter.reward(key, amount)
    const remaining = Math.max(0, limiter.points - error.consumedPoints + amount)
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
    throw new RateLimited(message(remaining), seconds, allowanceOf(limiter.points, 0, error.msBeforeNext))
  }
}

async function refund(
  limiter: RateLimiterAbstract | null,
  key: string,
  points: number,
  allowance: Allowance | null,
): Promise<Allowance | null> {
  if (!limiter || points <= 0) return allowance
  const { consumedPoints, msBeforeNext } = await limiter.reward(key, points)
  return allowanceOf(limiter.points, limiter.points - consumedPoints, msBeforeNext)
}

const allowanceOf = (limit: number, remaining: number, milliseconds: number): Allowance => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(Math.min(limit, Math.max(0, remaining))),
  'ratelimit-reset': String(Math.max(1, Math.ceil(milliseconds / 1000))),
})
