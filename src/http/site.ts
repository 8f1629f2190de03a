import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { errorResponse } from './error-response.ts'
import { isRead, type PagePlugin, requestIdOf } from './page-requests.ts'
import { wantsPage } from './pages.ts'
import { fileResponse, type SiteFile } from './site-file.ts'
import { assetsPath, readSiteFiles } from './site-files.ts'

interface SiteOptions {
  readonly endpoint: string
  readonly log: Logger
}

export const isSitePath = (path: string): boolean =>
  ['/', '/favicon.ico', '/favicon.svg'].includes(path) || path.startsWith(assetsPath)

/** Serves the landing page, GraphiQL and their assets. They contain neither data nor the schema. */
export function useSite({ introspection }: Pick<Config, 'introspection'>, { endpoint, log }: SiteOptions): PagePlugin {
  let files: Promise<ReadonlyMap<string, SiteFile>> | undefined
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      const { method, headers } = request
      const path = url.pathname === `${endpoint}/` ? endpoint : url.pathname
      const isServed = path === endpoint ? wantsPage(method, headers.get('accept')) : isSitePath(path) && isRead(method)
      if (!isServed) return
      try {
        files ??= readSiteFiles(introspection, endpoint)
        const file = (await files).get(path)
        const { body, init } = file ? await fileResponse(file, request) : { body: null, init: { status: 404 } }
        endResponse(new fetchAPI.Response(body, init))
      } catch (error) {
        const { body, ...init } = errorResponse(error, { requestId: requestIdOf(request), log })
        endResponse(new fetchAPI.Response(body, init))
      }
    },
  }
}
