/** Seconds until the time in a header Retry-After: a number of seconds, or an HTTP date (RFC 9110). Null if it is invalid. */
export function retryAfterIn(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const time = /^[A-Z][a-z]+, .* GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - now) / 1000))
}
