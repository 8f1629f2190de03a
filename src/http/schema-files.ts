import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { Unauthenticated } from '../errors.ts'
import { revalidated } from './html.ts'
import { errorPage, isAuthenticated, isRead, type PagePlugin } from './page-requests.ts'
import { createSiteFile, fileResponse, type SiteFile } from './site-file.ts'

const contentTypes = {
  '/schema.graphql': 'application/graphql; charset=utf-8',
  '/possible-types.json': 'application/json; charset=utf-8',
} as const
type SchemaPath = keyof typeof contentTypes

export const isSchemaPath = (path: string): path is SchemaPath => Object.hasOwn(contentTypes, path)

interface SchemaFilesOptions {
  readonly print: Readonly<Record<SchemaPath, () => string>>
  readonly log: Logger
}

/** Serves the files for code generators and clients, which require a token if introspection is restricted. */
export function useSchemaFiles(
  { introspection }: Pick<Config, 'introspection'>,
  { print, log }: SchemaFilesOptions,
): PagePlugin {
  const files = new Map<SchemaPath, SiteFile>()
  const fileOf = (path: SchemaPath) => {
    const file = files.get(path) ?? createSiteFile(print[path](), contentTypes[path], { headers: revalidated })
    files.set(path, file)
    return file
  }
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      if (!isSchemaPath(url.pathname) || !isRead(request.method)) return
      try {
        if (introspection !== 'open' && !isAuthenticated(request)) throw new Unauthenticated(undefined, 401)
        const { body, init } = await fileResponse(fileOf(url.pathname), request)
        endResponse(new fetchAPI.Response(body, init))
      } catch (error) {
        endResponse(errorPage(error, request, log))
      }
    },
  }
}
