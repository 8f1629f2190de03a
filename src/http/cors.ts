import { ForbiddenOrigin } from '../errors.ts'
import { allowanceHeaders } from './rates.ts'
import type { Header, HttpResponse } from './request.ts'
import { requestIdHeader } from './request-id.ts'

/** Marks the response to a repeated request whose mutations had taken effect before. */
export const replayedHeader = 'idempotency-replayed'

const exposedHeaders = [requestIdHeader, 'etag', 'retry-after', replayedHeader, ...allowanceHeaders].join(', ')
/** The longest time that Chromium accepts. */
const preflightSeconds = 7200
const localhost = /^https?:\/\/(?:(?:[\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

export interface Cors {
  readonly allows: (origin: string | null | undefined) => boolean
  readonly headers: (origin: string | null | undefined) => Readonly<Record<string, string>>
  readonly preflight: (header: Header) => HttpResponse
  /**
   * Throws FORBIDDEN if a page of an origin without access sends the request: an image on any page could use up the rate
   * of an address.
   */
  readonly requireAccess: (header: Header) => void
}

/**
 * Allows requests from pages of the origins, or of any port of this machine, but without cookies, since tokens are sent in
 * a header.
 */
export function createCors(origins: readonly string[] | 'localhost'): Cors {
  const isAllowed = (origin: string | null | undefined): origin is string =>
    !!origin && (origins === 'localhost' ? localhost.test(origin) : origins.includes(origin))
  return {
    allows: isAllowed,
    headers: (origin) => ({
      vary: 'Origin',
      ...(isAllowed(origin) && {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': exposedHeaders,
      }),
    }),
    preflight(header) {
      const origin = header('origin')
      const requestedHeaders = header('access-control-request-headers')
      return {
        status: 204,
        headers: {
          vary: 'Origin, Access-Control-Request-Headers',
          ...(isAllowed(origin) && {
            'access-control-allow-origin': origin,
            'access-control-allow-methods': 'GET, HEAD, POST',
            // Clients and tracers send headers of their own.
            ...(requestedHeaders && { 'access-control-allow-headers': requestedHeaders }),
            'access-control-max-age': String(preflightSeconds),
          }),
        },
        body: '',
      }
    },
    requireAccess(header) {
      const site = header('sec-fetch-site') ?? 'none'
      if (site !== 'none' && site !== 'same-origin' && !isAllowed(header('origin'))) throw new ForbiddenOrigin()
    },
  }
}
