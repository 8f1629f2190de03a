import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import type { FromEntry } from './entry.ts'
import { maskError, told } from './errors.ts'
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
    const unexpected = (error: unknown) =>
      log.error({ err: told(error), requestId: requestIdOf(request) }, 'unexpected error')
    try {
      const { type, fileName, pieces } = await download(
        await contextOf(request, (serverContext as unknown as FromEntry).address),
        url.searchParams,
      )
      const headers = { 'content-type': type, 'content-disposition': `attachment; filename="${fileName}"` }
      const body = Readable.from(encoded(pieces))
      // What fails under way breaks the connection, so that nobody takes a part for the whole.
      body.on('error', (error) => {
        unexpected(error)
        const { res } = serverContext as { res?: ServerResponse }
        res?.destroy()
      })
      endResponse(new fetchAPI.Response(body as unknown as BodyInit, { headers }))
    } catch (error) {
      const masked = maskError(error)
      const { http, ...known } = masked.extensions as { code?: string; http?: { headers?: Record<string, string> } }
      const status = statuses[String(known.code)]
      if (!status) unexpected(error)
      const extensions = { ...known, ...(!status && { requestId: requestIdOf(request) }) }
      const refusal = { message: masked.message, extensions }
      endResponse(
        fetchAPI.Response.json({ errors: [refusal] }, { status: status ?? 500, headers: http?.headers ?? {} }),
      )
    }
  },
})

/** The pieces as bytes. */
async function* encoded(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of pieces) yield encoder.encode(piece)
}
