import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { Unauthenticated } from '../errors.ts'
import { revalidated } from './html.ts'
import { errorPage, isAuthenticated, isRead, type PagePlugin } from './page-requests.ts'
import { createSiteFile, fileResponse, type SiteFile } from './site-file.ts'

export const schemaPath = '/schema.graphql'

interface SchemaFileOptions {
  readonly printSortedSchema: () => string
  readonly log: Logger
}

/** Serves the schema file, which requires a token if introspection is restricted. */
export function useSchemaFile(
  { introspection }: Pick<Config, 'introspection'>,
  { printSortedSchema, log }: SchemaFileOptions,
): PagePlugin {
  let file: SiteFile | undefined
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      if (url.pathname !== schemaPath || !isRead(request.method)) return
      try {
        if (introspection !== 'open' && !isAuthenticated(request)) throw new Unauthenticated(undefined, 401)
        file ??= createSiteFile(printSortedSchema(), 'application/graphql; charset=utf-8', { headers: revalidated })
        const { body, init } = await fileResponse(file, request)
        endResponse(new fetchAPI.Response(body, init))
      } catch (error) {
        endResponse(errorPage(error, request, log))
      }
    },
  }
}
