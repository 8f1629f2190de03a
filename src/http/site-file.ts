import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, gzip } from 'node:zlib'
import { type Encoding, selectEncoding } from './compression.ts'

type Content = Uint8Array<ArrayBuffer>

// They run in the thread pool.
const decompress = promisify<Content, Buffer<ArrayBuffer>>(brotliDecompress)
const encoders: Readonly<Record<Encoding, (content: Content) => Promise<Content>>> = {
  br: promisify<Content, Buffer<ArrayBuffer>>(brotliCompress),
  gzip: promisify<Content, Buffer<ArrayBuffer>>(gzip),
}

/** A file that is compressed once per encoding, with the highest ratio. */
export interface SiteFile {
  readonly headers: Readonly<Record<string, string>>
  /** Identifies the content in any encoding. */
  readonly etag: string
  readonly encode: (encoding: Encoding | null) => Promise<Content>
}

/** Creates a file from its content, or from its content in Brotli. */
export function createSiteFile(
  stored: Content | string,
  type: string,
  { isBrotli = false, headers = {} }: { readonly isBrotli?: boolean; readonly headers?: SiteFile['headers'] } = {},
): SiteFile {
  const bytes = typeof stored === 'string' ? Buffer.from(stored) : stored
  const read = async () => (isBrotli ? decompress(bytes) : bytes)
  const variants = new Map<Encoding | null, Promise<Content>>()
  if (isBrotli) variants.set('br', Promise.resolve(bytes))
  return {
    headers: { 'content-type': type, ...headers },
    etag: `W/"${hashOf([bytes])}"`,
    encode(encoding) {
      const variant = variants.get(encoding) ?? read().then(encoding === null ? undefined : encoders[encoding])
      variants.set(encoding, variant)
      variant.catch(() => variants.delete(encoding))
      return variant
    },
  }
}

export function hashOf(parts: readonly (string | Content)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('base64url').slice(0, 16)
}

/** Responds with the file, or with HTTP 304 if the client has it. */
export async function fileResponse(
  { headers, etag, encode }: SiteFile,
  request: Pick<Request, 'method' | 'headers'>,
): Promise<{ readonly body: Content | null; readonly init: ResponseInit }> {
  const shared = { ...headers, etag, vary: 'Accept, Accept-Encoding, Authorization, Origin' }
  const known = request.headers.get('if-none-match')?.split(/\s*,\s*/) ?? []
  if (known.includes(etag)) return { body: null, init: { status: 304, headers: shared } }
  const encoding = selectEncoding(request.headers.get('accept-encoding'))
  const content = await encode(encoding)
  return {
    body: request.method === 'HEAD' ? null : content,
    init: {
      headers: {
        ...shared,
        'content-length': String(content.byteLength),
        ...(encoding !== null && { 'content-encoding': encoding }),
      },
    },
  }
}
