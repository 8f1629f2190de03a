import dns from 'node:dns'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { reasonOf } from '../startup-errors.ts'
import { parseAddress } from './addresses.ts'
import { retryAfterIn } from './retry-after.ts'
import { literalAddress, notPublic, type PermittedHost, permits } from './targets.ts'

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly permittedHosts: readonly PermittedHost[]
  /** For the attempt as a whole, from the lookup to the end of the response. */
  readonly timeoutMilliseconds?: number
  readonly signal?: AbortSignal
}

export interface PostResult {
  /** Null if there was no response. */
  readonly responseStatus: number | null
  /** The first kilobyte of the response, as text. */
  readonly responseBody: string | null
  /** Null after a complete response, whatever its status. */
  readonly error: string | null
  readonly durationMs: number
  /** Seconds, from the header Retry-After. */
  readonly retryAfter: number | null
}

const defaultTimeoutMilliseconds = 15_000
const maxReadBytes = 65_536
const maxStoredBytes = 1024

/**
 * Sends a POST request on a connection of its own, without following redirects. A host is connected to at the addresses that
 * were checked, so that another result of a second lookup changes nothing. Never rejects.
 */
export async function post(
  url: URL,
  { headers, body, permittedHosts, timeoutMilliseconds = defaultTimeoutMilliseconds, signal: abortion }: PostOptions,
): Promise<PostResult> {
  const start = performance.now()
  const timeout = AbortSignal.timeout(timeoutMilliseconds)
  let response: IncomingMessage | undefined
  const chunks: Buffer[] = []
  let error: string | null = null
  try {
    response = await send(url, body, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // The default agent may reuse a connection that the host is about to close.
      agent: false,
      lookup: lookupPermitted(url, permittedHosts),
      signal: abortion ? AbortSignal.any([timeout, abortion]) : timeout,
    })
    let readBytes = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (readBytes < maxStoredBytes) chunks.push(chunk)
      readBytes += chunk.length
      // Ending the loop destroys the connection.
      if (readBytes >= maxReadBytes) break
    }
  } catch (reason) {
    error = timeout.aborted ? `no complete response within ${timeoutMilliseconds / 1000} seconds` : reasonOf(reason)
  }
  return {
    responseStatus: response?.statusCode ?? null,
    responseBody: response ? textOf(chunks) : null,
    error,
    durationMs: Math.round(performance.now() - start),
    retryAfter: retryAfterIn(response?.headers['retry-after'], Date.now()),
  }

  function send(target: URL, text: string, options: RequestOptions): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const address = literalAddress(target)
      if (address && !permits(target, address, permittedHosts)) throw new Error(`The URL ${notPublic}.`)
      // Certificates are verified even if NODE_TLS_REJECT_UNAUTHORIZED is 0.
      const request =
        target.protocol === 'https:'
          ? requestByHttps(target, { ...options, rejectUnauthorized: true })
          : requestByHttp(target, options)
      request.once('response', resolve).on('error', reject).end(text)
    })
  }
}

/** All addresses of the host must be permitted, so that none of them can be chosen by timing. */
const lookupPermitted =
  (url: URL, permittedHosts: readonly PermittedHost[]): LookupFunction =>
  (hostname, options, callback) =>
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const isPermitted = addresses.every(({ address: text }) => {
        const address = parseAddress(text)
        return address !== null && permits(url, address, permittedHosts)
      })
      const [first] = addresses
      if (!isPermitted || !first) return callback(new Error(`The URL ${notPublic}.`), [])
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })

/** Omits an incomplete last character, and NUL, which JSON in PostgreSQL cannot contain. */
const textOf = (chunks: readonly Buffer[]): string =>
  new TextDecoder()
    .decode(Buffer.concat(chunks).subarray(0, maxStoredBytes), { stream: true })
    .replaceAll('\0', '\ufffd')
