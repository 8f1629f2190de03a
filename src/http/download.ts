import { Readable } from 'node:stream'
import type { Logger } from 'pino'
import { type Context, requireViewer } from '../context.ts'
import { toLoggableError } from './error-response.ts'
import { errorPage, isRead, type PagePlugin, requestIdOf } from './page-requests.ts'
import { createQuota } from './quota.ts'
import type { HttpRequest } from './request.ts'

/** The pieces are generated as fast as the client receives them. */
export interface Download {
  readonly type: string
  readonly fileName: string
  readonly pieces: AsyncIterable<string>
}

export type Downloads = Readonly<Record<string, (context: Context, parameters: URLSearchParams) => Promise<Download>>>

/** Downloads require a token. Returns errors as JSON with the HTTP status of their code. */
export function useDownloads(
  downloads: Downloads,
  createContext: (request: Pick<HttpRequest, 'method' | 'header' | 'address'>, requestId: string) => Promise<Context>,
  log: Logger,
): PagePlugin {
  const quota = createQuota({
    maxPerOwner: 2,
    maxTotal: 8,
    ownerMessage: 'You are already receiving two exports, which is the limit.',
    totalMessage: 'The server is sending as many exports as it can. Try again later.',
  })
  return {
    async onRequest({ url, request, serverContext, endResponse, fetchAPI }) {
      const download = Object.hasOwn(downloads, url.pathname) ? downloads[url.pathname] : undefined
      if (!download || !isRead(request.method)) return
      const requestId = requestIdOf(request)
      const header = (name: string) => request.headers.get(name)
      let release = () => {}
      try {
        const context = await createContext(
          { method: request.method, header, address: serverContext.address },
          requestId,
        )
        release = quota(requireViewer(context).id)
        const { type, fileName, pieces } = await download(context, url.searchParams)
        const headers = { 'content-type': type, 'content-disposition': `attachment; filename="${fileName}"` }
        if (request.method === 'HEAD') {
          release()
          return endResponse(new fetchAPI.Response(null, { headers }))
        }
        const body = Readable.from(encode(pieces))
        const { res } = serverContext
        const close = () => {
          body.destroy()
          release()
        }
        if (res?.closed) close()
        else if (res) res.once('close', close)
        // In process, the client has received what was read.
        else body.once('end', release).once('close', release)
        // After the headers are sent, closing the connection is the only way to report an error.
        body.on('error', (error) => {
          log.error({ err: toLoggableError(error), requestId }, 'unexpected error')
          res?.destroy()
        })
        endResponse(new fetchAPI.Response(body as unknown as BodyInit, { headers }))
      } catch (error) {
        release()
        endResponse(errorPage(error, request, log))
      }
    },
  }
}

async function* encode(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of pieces) yield encoder.encode(piece)
}
