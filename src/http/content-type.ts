import { MIMEType } from 'node:util'
import Negotiator from 'negotiator'
import { NotAcceptable, UnsupportedContent } from '../errors.ts'
import type { HttpRequest } from './request.ts'

const charset = '; charset=utf-8'
const jsonRequestType = new MIMEType('application/json')
export const jsonType = `application/json${charset}`
/** The default first: https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types */
const resultTypes = ['application/json', 'application/graphql-response+json']
/** https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md */
export const eventStreamType = 'text/event-stream'

/** Throws HTTP 406 if the client accepts no result type. */
export function negotiateResultType(accept: string | null | undefined): string {
  if (!accept || accept === '*/*' || accept === 'application/json') return jsonType
  // Parameters of the header are ignored, since the types have none.
  const ranges = accept.replaceAll(/;(?!\s*q=[\d.]+\s*(?:[,;]|$))[^,;]*/gi, '')
  const [preferred] = new Negotiator({ headers: { accept: ranges } }).mediaTypes([...resultTypes, eventStreamType])
  if (!preferred) throw new NotAcceptable(resultTypes)
  return preferred === eventStreamType ? preferred : preferred + charset
}

export const acceptsEventStream = (accept: string | null | undefined): boolean =>
  accept?.toLowerCase().includes(eventStreamType) ?? false

/** GraphQL multipart request specification (jaydenseric, version 2). */
export const isMultipart = ({ method, header }: Pick<HttpRequest, 'method' | 'header'>): boolean =>
  method === 'POST' && mediaTypeOf(header('content-type'))?.essence === 'multipart/form-data'

/** CSRF: a page of another origin cannot send JSON without a CORS preflight request. */
export function requireJson({ header }: HttpRequest): void {
  if (mediaTypeOf(header('content-type'))?.essence !== 'application/json')
    throw new UnsupportedContent('Send JSON as `application/json`.')
}

/** `contentType` is that of a request, or of a part of a form. */
export function requireUtf8(contentType: string | null | undefined): void {
  if (!contentType || !/charset/i.test(contentType)) return
  const name = mediaTypeOf(contentType)?.params.get('charset') ?? 'utf-8'
  if (!['utf-8', 'utf8'].includes(name.toLowerCase()))
    throw new UnsupportedContent('Encode it as UTF-8, the only supported `charset`.')
}

/** Null if the header is missing or malformed. */
function mediaTypeOf(contentType: string | null | undefined): MIMEType | null {
  // Nearly all requests have it, and parsing takes longer than comparing.
  if (contentType === jsonRequestType.essence) return jsonRequestType
  try {
    return new MIMEType(contentType ?? '')
  } catch {
    return null
  }
}

/** The size limit counts received bytes, so compression would bypass it. */
export function requireUncompressed({ header }: HttpRequest): void {
  if ((header('content-encoding') || 'identity').toLowerCase() !== 'identity')
    throw new UnsupportedContent('Send it without compression.')
}
