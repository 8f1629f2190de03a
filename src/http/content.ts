import type { Plugin } from 'graphql-yoga'
import { Unauthenticated, UnsupportedContent } from '../errors.ts'

/**
 * Takes what a page of another origin cannot send without asking first: JSON alone, and queries in addresses only with a
 * token. None of it may be compressed: what is small on the way is small in memory.
 */
export const useJsonOnly = (): Plugin => ({
  onRequestParse({ request }) {
    // What a link or an image may ask for is nothing: a token is sent by those alone who mean it.
    if (request.method === 'GET' && !request.headers.has('authorization'))
      throw new Unauthenticated('Send a token, or ask by POST.', 401)
    if (request.method !== 'POST') return
    const type = request.headers.get('content-type') ?? ''
    if (!/^application\/json *(;|$)/i.test(type)) throw new UnsupportedContent('Send application/json.')
    if ((request.headers.get('content-encoding') ?? 'identity') !== 'identity')
      throw new UnsupportedContent('Send it uncompressed.')
  },
})

/** Tells browsers to take every answer for what it says it is. */
export const useNoSniffing = (): Plugin => ({
  onResponse({ response }) {
    response.headers.set('x-content-type-options', 'nosniff')
  },
})
