import type { CORSOptions } from 'graphql-yoga'
import { allowanceHeaders } from './rates.ts'
import { requestIdHeader } from './request-id.ts'

/** Marks the response to a repeated request whose mutations had taken effect before. */
export const replayedHeader = 'idempotency-replayed'

const allowedHeaders = ['authorization', 'content-type', 'idempotency-key', requestIdHeader]
const exposedHeaders = [requestIdHeader, 'retry-after', replayedHeader, ...allowanceHeaders]

export interface Cors {
  readonly headers: (origin: string | null | undefined) => Readonly<Record<string, string>>
  readonly options: (request: Request) => CORSOptions
}

/** Allows requests from the origins, but without cookies, since tokens are sent in a header. */
export function createCors(origins: readonly string[]): Cors {
  const varyHeader: Readonly<Record<string, string>> = origins.length > 0 ? { vary: 'Origin' } : {}
  return {
    headers: (origin) =>
      origin && origins.includes(origin)
        ? {
            ...varyHeader,
            'access-control-allow-origin': origin,
            'access-control-expose-headers': exposedHeaders.join(', '),
          }
        : varyHeader,
    // Given a list, Yoga allows "null" for other origins, which is the origin of every sandboxed page.
    options: (request) => {
      const origin = request.headers.get('origin') ?? ''
      return (
        origins.includes(origin) && {
          origin,
          methods: ['GET', 'POST'],
          allowedHeaders,
          exposedHeaders,
          credentials: false,
        }
      )
    },
  }
}
