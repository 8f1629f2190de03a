import { RateLimited, Unavailable } from '../errors.ts'

/**
 * Counts an amount, 1 by default, for its owner until the returned function is called. Throws RATE_LIMITED or
 * UNAVAILABLE if it does not fit next to other amounts; a single amount always fits.
 */
export type Quota = (owner: string, amount?: number) => () => void

interface QuotaOptions {
  readonly maxPerOwner: number
  readonly maxTotal: number
  /** Messages, as sentences. */
  readonly ownerMessage: string
  readonly totalMessage: string
}

const retryAfterSeconds = 5

export function createQuota({ maxPerOwner, maxTotal, ownerMessage, totalMessage }: QuotaOptions): Quota {
  const amounts = new Map<string, number>()
  let total = 0
  const add = (owner: string, amount: number) => {
    total += amount
    const ownerTotal = (amounts.get(owner) ?? 0) + amount
    if (ownerTotal === 0) amounts.delete(owner)
    else amounts.set(owner, ownerTotal)
  }
  const fits = (amount: number, used: number, limit: number) => used === 0 || used + amount <= limit
  return (owner, amount = 1) => {
    if (!fits(amount, amounts.get(owner) ?? 0, maxPerOwner)) throw new RateLimited(ownerMessage, retryAfterSeconds)
    if (!fits(amount, total, maxTotal)) throw new Unavailable(totalMessage)
    add(owner, amount)
    let isReleased = false
    return () => {
      if (!isReleased) add(owner, -amount)
      isReleased = true
    }
  }
}
