import { promisify } from 'node:util'
import { type BrotliOptions, brotliCompress, constants, gzip } from 'node:zlib'
import Negotiator from 'negotiator'
import type { HttpResponse } from './request.ts'

const minBytes = 1024
const gzipLevel = 4
const brotliQuality = 4

// Both run in the thread pool.
const encoders: Readonly<Record<string, (body: string) => Promise<Buffer<ArrayBuffer>>>> = {
  br: (body) => compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  gzip: (body) => compressGzip(body, { level: gzipLevel }),
}
const compressBrotli = promisify<string, BrotliOptions, Buffer<ArrayBuffer>>(brotliCompress)
const compressGzip = promisify<string, { level: number }, Buffer<ArrayBuffer>>(gzip)
const encodings = Object.keys(encoders)

export type CompressedResponse = Omit<HttpResponse, 'body'> & { readonly body: string | Uint8Array<ArrayBuffer> }

/** Compresses a response of at least a kilobyte if the client accepts Brotli or gzip. */
export async function compressResponse(
  response: HttpResponse,
  acceptEncoding: string | null | undefined,
): Promise<CompressedResponse> {
  const { headers, body } = response
  if (body.length < minBytes) return response
  const vary = [headers['vary'], 'Accept-Encoding'].filter(Boolean).join(', ')
  const accepted = acceptEncoding
    ? new Negotiator({ headers: { 'accept-encoding': acceptEncoding } }).encodings(encodings)
    : []
  const encoding = encodings.find((name) => accepted.includes(name))
  const encode = encoding && encoders[encoding]
  if (!encode) return { ...response, headers: { ...headers, vary } }
  return { ...response, headers: { ...headers, vary, 'content-encoding': encoding }, body: await encode(body) }
}
