import { promisify } from 'node:util'
import { type BrotliOptions, brotliCompress, constants, gzip } from 'node:zlib'
import Negotiator from 'negotiator'
import type { HttpResponse } from './request.ts'

const minBytes = 1024
const gzipLevel = 4
const brotliQuality = 4

export type Encoding = 'br' | 'gzip'

// Both run in the thread pool.
const encoders: Readonly<Record<Encoding, (body: string) => Promise<Buffer<ArrayBuffer>>>> = {
  br: (body) => compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  gzip: (body) => compressGzip(body, { level: gzipLevel }),
}
const compressBrotli = promisify<string, BrotliOptions, Buffer<ArrayBuffer>>(brotliCompress)
const compressGzip = promisify<string, { level: number }, Buffer<ArrayBuffer>>(gzip)

/** Returns the best encoding that an Accept-Encoding header allows, or null. */
export function selectEncoding(acceptEncoding: string | null | undefined): Encoding | null {
  if (!acceptEncoding) return null
  const encodings: readonly Encoding[] = ['br', 'gzip']
  const accepted = new Negotiator({ headers: { 'accept-encoding': acceptEncoding } }).encodings([...encodings])
  return encodings.find((encoding) => accepted.includes(encoding)) ?? null
}

export type CompressedResponse = Omit<HttpResponse, 'body'> & { readonly body: string | Uint8Array<ArrayBuffer> }

/** Compresses a response of at least a kilobyte if the client accepts Brotli or gzip. */
export async function compressResponse(
  response: HttpResponse,
  acceptEncoding: string | null | undefined,
): Promise<CompressedResponse> {
  const { headers, body } = response
  if (body.length < minBytes || response.stream) return response
  const vary = [headers['vary'], 'Accept-Encoding'].filter(Boolean).join(', ')
  const encoding = selectEncoding(acceptEncoding)
  if (encoding === null) return { ...response, headers: { ...headers, vary } }
  const content = await encoders[encoding](body)
  return { ...response, headers: { ...headers, vary, 'content-encoding': encoding }, body: content }
}
