import { Unauthenticated } from '../errors.ts'
import type { Authentication, ViewerCache } from '../viewer.ts'
import { bearerToken } from './bearer-token.ts'
import type { Rates } from './rates.ts'
import type { HttpRequest } from './request.ts'

/**
 * Returns null for a request without a token. Throws UNAUTHENTICATED, with HTTP 401, for an invalid token, and
 * RATE_LIMITED after too many unknown ones.
 */
export type Authenticate = (request: Pick<HttpRequest, 'header' | 'address'>) => Promise<Authentication | null>

export const createAuthenticate =
  (viewerCache: ViewerCache, rates: Rates): Authenticate =>
  async ({ header, address }) => {
    const authorization = header('authorization')
    if (!authorization) return null
    const secret = bearerToken(authorization)
    const countUnknown = () => rates.countRequest(`token ${address}`)
    const authentication = secret === null ? null : await viewerCache.find(secret, countUnknown)
    if (!authentication) throw new Unauthenticated('The token is invalid, expired or revoked. Sign in again.', 401)
    return authentication
  }
