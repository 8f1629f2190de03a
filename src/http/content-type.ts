import Negotiator from 'negotiator'
import { NotAcceptable, UnsupportedContent } from '../errors.ts'
import type { HttpRequest } from './request.ts'

/** The media types of results, the default first: https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types */
export const jsonType = 'application/json; charset=utf-8'
const resultTypes = [jsonType, 'application/graphql-response+json; charset=utf-8']

/** The content type that a client prefers for a result. Throws HTTP 406 if it accepts none. */
export function negotiateResultType(accept: string | null | undefined): string {
  if (!accept || accept === '*/*' || accept === 'application/json') return jsonType
  const [preferred] = new Negotiator({ headers: { accept } }).mediaTypes(resultTypes)
  if (!preferred) throw new NotAcceptable(resultTypes)
  return preferred
}

/** Whether a body is a form with files, as in the GraphQL multipart request specification (jaydenseric, version 2). */
export const isMultipart = ({ method, header }: Pick<HttpRequest, 'method' | 'header'>): boolean =>
  method === 'POST' && /^multipart\/form-data(;|$)/i.test(header('content-type') ?? '')

/**
 * Throws HTTP 415 unless a body is uncompressed JSON. A page of another origin cannot send that type without a CORS
 * preflight; and what is small on the wire is small in memory.
 */
export function requireJson({ header }: HttpRequest): void {
  if (!/^application\/json *(;|$)/i.test(header('content-type') ?? ''))
    throw new UnsupportedContent('Send application/json.')
  if ((header('content-encoding') ?? 'identity') !== 'identity') throw new UnsupportedContent('Send it uncompressed.')
}
