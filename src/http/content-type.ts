import { MIMEType } from 'node:util'
import Negotiator from 'negotiator'
import { NotAcceptable, UnsupportedContent } from '../errors.ts'
import type { Header, HttpRequest } from './request.ts'

const charset = '; charset=utf-8'
export const jsonType = `application/json${charset}`
/** The default first: https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types */
const resultTypes = ['application/json', 'application/graphql-response+json']

/** Throws HTTP 406 if the client accepts no result type. */
export function negotiateResultType(accept: string | null | undefined): string {
  if (!accept || accept === '*/*' || accept === 'application/json') return jsonType
  // Parameters of the header are ignored, since the types have none.
  const ranges = accept.replaceAll(/;(?!\s*q=[\d.]+\s*(?:[,;]|$))[^,;]*/gi, '')
  const [preferred] = new Negotiator({ headers: { accept: ranges } }).mediaTypes(resultTypes)
  if (!preferred) throw new NotAcceptable(resultTypes)
  return preferred + charset
}

/** GraphQL multipart request specification (jaydenseric, version 2). */
export const isMultipart = ({ method, header }: Pick<HttpRequest, 'method' | 'header'>): boolean =>
  method === 'POST' && mediaTypeOf(header)?.essence === 'multipart/form-data'

/** CSRF: a page of another origin cannot send JSON without a CORS preflight request. */
export function requireJson({ header }: HttpRequest): void {
  const type = mediaTypeOf(header)
  if (type?.essence !== 'application/json') throw new UnsupportedContent('Send JSON as `application/json`.')
  if (!['utf-8', 'utf8'].includes(type.params.get('charset')?.toLowerCase() ?? 'utf-8'))
    throw new UnsupportedContent('Encode JSON as UTF-8, the only supported `charset`.')
}

/** Null if the header is missing or malformed. */
function mediaTypeOf(header: Header): MIMEType | null {
  try {
    return new MIMEType(header('content-type') ?? '')
  } catch {
    return null
  }
}

/** The size limit counts received bytes, so compression would bypass it. */
export function requireUncompressed({ header }: HttpRequest): void {
  if ((header('content-encoding') || 'identity').toLowerCase() !== 'identity')
    throw new UnsupportedContent('Send it without compression.')
}
