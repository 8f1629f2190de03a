import { randomUUID } from 'node:crypto'
import type { Plugin } from 'graphql-yoga'

const ids = new WeakMap<Request, string>()
const header = 'x-request-id'

/** The id of a request, the same in its answer's header, its errors and its log lines. */
export function requestIdOf(request: Request): string {
  const known = ids.get(request)
  if (known) return known
  const given = request.headers.get(header)
  const id = given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
  ids.set(request, id)
  return id
}

/** Sends every answer with the id of its request: the caller's own X-Request-Id where it sent one. */
export const useRequestId = (): Plugin => ({
  onResponse({ request, response }) {
    response.headers.set(header, requestIdOf(request))
  },
})
