import type { ServerResponse } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import { Unauthenticated } from '../errors.ts'
import type { Authenticate } from './authenticate.ts'
import { bearerChallenge } from './bearer-token.ts'
import type { Cors } from './cors.ts'
import { errorResponse } from './error-response.ts'
import { type Allowance, anonymousPayer, type Payer, type Rates } from './rates.ts'
import type { Header } from './request.ts'
import { requestIdFrom, requestIdHeader } from './request-id.ts'
import type { RequestListener } from './request-log.ts'

export interface PageContext {
  readonly address: string
  readonly res?: ServerResponse
}

export type PagePlugin = Plugin<object, PageContext>

interface PageRequestOptions {
  readonly cors: Cors
  readonly authenticate: Authenticate
  readonly rates: Rates
  readonly onCompleted: RequestListener
  readonly log: Logger
}

const healthProbes = new Set(['/health', '/ready'])
const requestIds = new WeakMap<Request, string>()
const authenticatedRequests = new WeakSet<Request>()

/** True if the request has a valid token. */
export const isAuthenticated = (request: Request): boolean => authenticatedRequests.has(request)

export const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** True if the user follows a link, or enters the address. */
const isNavigation = (header: Header): boolean => header('sec-fetch-dest') === 'document'

export function requestIdOf(request: Request): string {
  const known = requestIds.get(request)
  if (known !== undefined) return known
  const id = requestIdFrom(request.headers.get(requestIdHeader))
  requestIds.set(request, id)
  return id
}

/** The response to a page request that failed: JSON, like that of every other error. */
export function errorPage(error: unknown, request: Request, log: Logger): Response {
  const { body, ...init } = errorResponse(error, { requestId: requestIdOf(request), log })
  return new Response(body, init)
}

/** Adds ids, CORS, rate limits (except for health checks) and request logs to Yoga. */
export function usePageRequests({ cors, authenticate, rates, onCompleted, log }: PageRequestOptions): PagePlugin {
  const starts = new WeakMap<Request, number>()
  const allowances = new WeakMap<Request, Allowance>()
  return {
    async onRequest({ request, url, serverContext, endResponse }) {
      starts.set(request, performance.now())
      if (healthProbes.has(url.pathname)) return
      try {
        const { address } = serverContext
        const header = (name: string) => request.headers.get(name)
        if (!isNavigation(header)) cors.requireAccess(header)
        // Pages that require a token reject an invalid one.
        const authentication = await authenticate({ header, address }).catch(ignoreInvalidToken)
        if (authentication) authenticatedRequests.add(request)
        const { method } = request
        const payer: Payer = authentication
          ? `user ${authentication.viewer.id}`
          : anonymousPayer({ method, header, address })
        const allowance = await rates.countRequest(payer)
        if (allowance) allowances.set(request, allowance)
      } catch (error) {
        endResponse(errorPage(error, request, log))
      }
    },
    onResponse({ request, response }) {
      const requestId = requestIdOf(request)
      const headers = {
        [requestIdHeader]: requestId,
        'x-content-type-options': 'nosniff',
        ...cors.headers(request.headers.get('origin')),
        ...(response.status === 401 && { 'www-authenticate': bearerChallenge(request.headers.get('authorization')) }),
        ...allowances.get(request),
      }
      for (const [name, value] of Object.entries(headers))
        if (!response.headers.has(name)) response.headers.set(name, value)
      const { method, url } = request
      const path = new URL(url).pathname
      const start = starts.get(request) ?? performance.now()
      onCompleted({ requestId, method, path, status: response.status, start })
    },
  }
}

function ignoreInvalidToken(error: unknown): null {
  if (error instanceof Unauthenticated) return null
  throw error
}
