import type { Plugin } from 'graphql-yoga'
import { UnsupportedContent } from '../errors.ts'

/**
 * Takes JSON alone, and none that is compressed: a page of another origin cannot send it without asking first, and what
 * is small on the way is small in memory.
 */
export const useJsonOnly = (): Plugin => ({
  onRequestParse({ request }) {
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
