import Negotiator from 'negotiator'
import { NotAcceptable, UnsupportedContent } from '../errors.ts'
import type { HttpRequest } from './request.ts'

const charset = '; charset=utf-8'
export const jsonType = `application/json${charset}`
/** The media types of results, the default first: https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types */
const resultTypes = ['application/json', 'application/graphql-response+json']

/** The content type that a client prefers for a result. Throws HTTP 406 if it accepts none. */
export function negotiateResultType(accept: string | null | undefined): string {
  if (!accept || accept === '*/*' || accept === 'application/json') return jsonType
  // The types have no parameters, so those of the header exclude nothing.
  const ranges = accept.replaceAll(/;(?!\s*q=[\d.]+\s*(?:[,;]|$))[^,;]*/gi, '')
  const [preferred] = new Negotiator({ headers: { accept: ranges } }).mediaTypes(resultTypes)
  if (!preferred) throw new NotAcceptable(resultTypes)
  return preferred + charset
}

/** Whether a body is a form with files, as in the GraphQL multipart request specification (jaydenseric, version 2). */
export const isMultipart = ({ method, header }: Pick<HttpRequest, 'method' | 'header'>): boolean =>
  method === 'POST' && /^multipart\/form-data(;|$)/i.test(header('content-type') ?? '')

/** Throws HTTP 415 unless a body is JSON: a page of another origin cannot send that type without a CORS preflight. */
export function requireJson({ header }: HttpRequest): void {
  if (!/^application\/json *(;|$)/i.test(header('content-type') ?? ''))
    throw new UnsupportedContent('Send JSON as `application/json`.')
}

/** Throws HTTP 415 for a compressed body: its size on the wire must bound its size in memory. */
export function requireUncompressed({ header }: HttpRequest): void {
  if ((header('content-encoding') || 'identity') !== 'identity')
    throw new UnsupportedContent('Send it without compression.')
}
