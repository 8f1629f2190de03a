import type { Plugin } from 'graphql-yoga'
import { CallerGone, PayloadTooLarge } from '../errors.ts'

/**
 * Refuses bodies over a limit, in bytes. Node holds callers to the length that they announce, so only a body without one
 * is counted while it is read; Yoga's own limit would pass every body through a stream, which costs more than a query.
 */
export const useBodyLimit = (limit: number): Plugin => ({
  onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
    if (!requestParser || request.method !== 'POST') return
    const length = request.headers.get('content-length')
    if (Number(length) > limit) throw new PayloadTooLarge(limit)
    if (length !== null) return
    setRequestParser(async ({ url, method, headers, body }) =>
      requestParser(new fetchAPI.Request(url, { method, headers, body: await readWithin(body, limit) })),
    )
  },
})

async function readWithin(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Left alone at the limit, not cancelled: that would break the connection before the answer is sent.
  const reader = body?.getReader()
  for (;;) {
    // Here, and not later, it is known that a connection that was reset is the caller's and not the database's.
    const { value } = (await reader?.read().catch(gone)) ?? {}
    if (!value) return Buffer.concat(chunks)
    length += value.byteLength
    if (length > limit) throw new PayloadTooLarge(limit)
    chunks.push(value)
  }
}

function gone(): never {
  throw new CallerGone()
}
