import type { IncomingMessage } from 'node:http'
import { BadRequest } from '../errors.ts'

const singleHeaders: ReadonlySet<string> = new Set(['authorization', 'content-type', 'host', 'idempotency-key'])
const authorityPattern = /^(?:[\w.~!$&'()*+,;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i

/**
 * The URL of a request whose target has origin-form, absolute-form (which overrides Host) or asterisk-form: RFC 9112,
 * section 3. Throws BAD_REQUEST for a malformed target or Host header, and for repeated headers that Node would drop.
 */
export function targetOf({ method, url = '/', headers: { host = 'localhost' }, rawHeaders }: IncomingMessage): URL {
  requireSingleHeaders(rawHeaders)
  if (!isAuthority(host)) throw new BadRequest('The Host header is malformed.')
  if (url === '*' && method === 'OPTIONS') return new URL('http://localhost/')
  const [, authority = ''] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? []
  if (!isEncoded(url) || !(url.startsWith('/') || isAuthority(authority)))
    throw new BadRequest('The request target is malformed. Send a path, with a query string in percent-encoded UTF-8.')
  return new URL(url.startsWith('/') ? `http://localhost${url}` : url)
}

/** `URLSearchParams` would replace invalid UTF-8 by U+FFFD. */
function isEncoded(target: string): boolean {
  try {
    decodeURIComponent(target)
    return true
  } catch {
    return false
  }
}

const isAuthority = (text: string) => authorityPattern.test(text) && URL.canParse(`http://${text}`)

function requireSingleHeaders(rawHeaders: readonly string[]): void {
  const seenNames = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!singleHeaders.has(name)) continue
    if (seenNames.has(name)) throw new BadRequest(`The request has several headers \`${name}\`. Send one.`)
    seenNames.add(name)
  }
}
