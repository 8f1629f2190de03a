import type { Plugin } from 'graphql-yoga'
import type { Pool } from 'pg'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { RateLimited } from '../errors.ts'
import type { FromEntry } from './entry.ts'
import { maskError } from './errors.ts'

const windowSeconds = 60

export const allowanceHeaders = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'] as const

/** What somebody may still do in the minute, as headers of an answer. */
export type Allowance = Readonly<Record<(typeof allowanceHeaders)[number], string>>

/** Counts what callers ask for. Throws RATE_LIMITED where it is too much. */
export interface Rates {
  /** Counts a request of an address. */
  readonly request: (address: string) => Promise<Allowance | null>
  /** Counts the points that an operation of a user costs. */
  readonly spend: (userId: string, points: number) => Promise<Allowance | null>
}

interface RateOptions {
  /** Requests that an address may make in a minute; 0 for any number. */
  readonly requests: number
  /** Points that a user may spend in a minute; 0 for any number. */
  readonly points: number
  /** Where several servers count together; null counts in memory. */
  readonly pool: Pool | null
}

/** Opens the counters. */
export function openRates({ requests, points, pool }: RateOptions): Rates {
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
    request: (address) => consume(byAddress, address, 1, 'requests'),
    spend: (userId, cost) => consume(byUser, userId, cost, 'points'),
  }
}

/** Counts the requests that Yoga answers, and refuses those that are too many. */
export const useRates = ({ request: count }: Rates): Plugin => {
  const told = new WeakMap<Request, Readonly<Record<string, string>>>()
  return {
    async onRequest({ request, url, serverContext, endResponse, fetchAPI }) {
      const { begun, address } = serverContext as unknown as FromEntry
      if (probes.has(url.pathname)) return
      try {
        if (begun?.refused instanceof RateLimited) throw begun.refused
        told.set(request, (begun ? begun.headers : await count(address)) ?? {})
      } catch (error) {
        const { message, extensions } = maskError(error)
        const { http, ...told } = extensions as { http?: ResponseInit }
        endResponse(fetchAPI.Response.json({ errors: [{ message, extensions: told }] }, { status: 503, ...http }))
      }
    },
    onResponse({ request, response }) {
      for (const [name, value] of Object.entries(told.get(request) ?? {}))
        if (!response.headers.has(name)) response.headers.set(name, value)
    },
  }
}

const probes = new Set(['/health', '/ready'])

async function consume(limiter: RateLimiterAbstract | null, key: string, amount: number, unit: string) {
  if (!limiter) return null
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key, amount)
    return allowance(limiter.points, remainingPoints, Math.ceil(msBeforeNext / 1000))
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    // What was refused is not spent: something smaller may still fit.
    if (amount > 1) await limiter.reward(key, amount)
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
    throw new RateLimited(
      `More than ${limiter.points} ${unit} in a minute.`,
      seconds,
      allowance(limiter.points, 0, seconds),
    )
  }
}

const allowance = (limit: number, remaining: number, seconds: number): Allowance => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(Math.max(0, remaining)),
  'ratelimit-reset': String(seconds),
})
