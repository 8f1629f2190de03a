import { ReadableStream } from 'node:stream/web'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import type { FromEntry } from './entry.ts'
import { maskError } from './errors.ts'
import { requestIdOf } from './request-id.ts'

/** Something to download: text in pieces, made as fast as it is taken. */
export interface Download {
  readonly type: string
  readonly fileName: string
  readonly pieces: AsyncIterable<string>
}

type Downloads = Readonly<Record<string, (context: Context, parameters: URLSearchParams) => Promise<Download>>>

const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
}

/** Answers GET at some paths with a download; faults are told as the API tells them, as JSON. */
export const useDownloads = (
  downloads: Downloads,
  contextOf: (request: Request, address: string) => Promise<Context>,
  log: Logger,
): Plugin => ({
  async onRequest({ url, request, serverContext, endResponse, fetchAPI }) {
    const download = Object.hasOwn(downloads, url.pathname) ? downloads[url.pathname] : undefined
    if (!download || request.method !== 'GET') return
    const unexpected = (err: unknown) => log.error({ err, requestId: requestIdOf(request) }, 'unexpected error')
    try {
      const { type, fileName, pieces } = await download(
        await contextOf(request, (serverContext as unknown as FromEntry).address),
        url.searchParams,
      )
      const headers = { 'content-type': type, 'content-disposition': `attachment; filename="${fileName}"` }
      endResponse(new fetchAPI.Response(ReadableStream.from(encoded(pieces, unexpected)) as BodyInit, { headers }))
    } catch (error) {
      const masked = maskError(error)
      const { http, ...known } = masked.extensions as { code?: string; http?: { headers?: Record<string, string> } }
      const status = statuses[String(known.code)]
      if (!status) unexpected(error)
      const extensions = { ...known, ...(!status && { requestId: requestIdOf(request) }) }
      const told = { message: masked.message, extensions }
      endResponse(fetchAPI.Response.json({ errors: [told] }, { status: status ?? 500, headers: http?.headers ?? {} }))
    }
  },
})

/** The pieces as bytes. What fails under way breaks the connection, so that nobody takes a part for the whole. */
async function* encoded(pieces: AsyncIterable<string>, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  try {
    for await (const piece of pieces) yield encoder.encode(piece)
  } catch (error) {
    failed(error)
    throw error
  }
}
