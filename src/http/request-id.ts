import { randomUUID } from 'node:crypto'
import type { Plugin } from 'graphql-yoga'

const ids = new WeakMap<Request, string>()
export const requestIdHeader = 'x-request-id'

/** The id that a caller has sent for its request, or a new one. */
export const requestIdFrom = (given: string | null | undefined): string =>
  given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()

/** The id of a request, the same in its answer's header, its errors and its log lines. */
export function requestIdOf(request: Request): string {
  const known = ids.get(request)
  if (known) return known
  const id = requestIdFrom(request.headers.get(requestIdHeader))
  ids.set(request, id)
  return id
}

/** Sends every answer with the id of its request: the caller's own X-Request-Id where it sent one. */
export const useRequestId = (): Plugin => ({
  onResponse({ request, response }) {
    response.headers.set(requestIdHeader, requestIdOf(request))
  },
})
