import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { Unauthenticated } from '../errors.ts'
import { docsPath } from './docs-pages.ts'
import { errorPage, isAuthenticated, isRead, type PagePlugin } from './page-requests.ts'
import { wantsPage } from './pages.ts'
import { fileResponse, type SiteFile } from './site-file.ts'
import { assetsPath, readSiteFiles, type SiteFiles } from './site-files.ts'

interface SiteOptions {
  readonly endpoint: string
  readonly log: Logger
}

export const isSitePath = (path: string): boolean =>
  ['/', '/favicon.ico', '/favicon.svg', docsPath].includes(path) ||
  path.startsWith(assetsPath) ||
  path.startsWith(`${docsPath}/`)

/** Serves the landing page, GraphiQL, the documentation and their assets. Only restricted files describe the schema. */
export function useSite({ introspection }: Pick<Config, 'introspection'>, { endpoint, log }: SiteOptions): PagePlugin {
  let files: Promise<SiteFiles> | undefined
  const selectFile = ({ open, restricted }: SiteFiles, path: string, request: Request): SiteFile | undefined => {
    const file = restricted.get(path)
    if (file && (introspection === 'open' || isAuthenticated(request))) return file
    const substitute = open.get(path)
    if (file && !(substitute && wantsPage(request.method, request.headers.get('accept'))))
      throw new Unauthenticated(undefined, 401)
    return substitute
  }
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      const { method, headers } = request
      const path = [`${endpoint}/`, `${docsPath}/`].includes(url.pathname) ? url.pathname.slice(0, -1) : url.pathname
      const isServed = path === endpoint ? wantsPage(method, headers.get('accept')) : isSitePath(path) && isRead(method)
      if (!isServed) return
      try {
        files ??= readSiteFiles(introspection, endpoint).catch((error: unknown) => {
          files = undefined
          throw error
        })
        const file = selectFile(await files, path, request)
        const { body, init } = file ? await fileResponse(file, request) : { body: null, init: { status: 404 } }
        endResponse(new fetchAPI.Response(body, init))
      } catch (error) {
        endResponse(errorPage(error, request, log))
      }
    },
  }
}
