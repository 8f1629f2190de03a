import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { Database } from '../database/open.ts'
import { withRequestQuota } from '../database/request-quota.ts'
import type { Authenticate } from '../http/authenticate.ts'
import type { HttpRequest } from '../http/request.ts'
import type { ViewerCache } from '../viewer.ts'
import type { DocumentCache } from './document-cache.ts'

interface ContextServices {
  readonly config: Config
  readonly database: Database
  readonly viewerCache: ViewerCache
  readonly authenticate: Authenticate
  readonly documents: DocumentCache
}

export type CreateContext = (request: Pick<HttpRequest, 'header' | 'address'>, requestId: string) => Promise<Context>

/** The returned function throws the errors of `Authenticate`. */
export const contextFactory =
  ({ config, database, viewerCache, authenticate, documents }: ContextServices): CreateContext =>
  async (request, requestId) => {
    const authentication = await authenticate(request)
    const { header, address } = request
    return {
      config,
      db: withRequestQuota(database.db),
      transaction: database.transaction,
      bulkTransaction: database.bulkTransaction,
      requestId,
      address,
      documents,
      traceParent: header('traceparent') ?? null,
      idempotencyKey: header('idempotency-key') ?? null,
      idempotency: null,
      viewer: authentication?.viewer ?? null,
      token: authentication?.token ?? null,
      clearViewerCache: viewerCache.clear,
      addKnownToken: viewerCache.addKnown,
      loaders: new Map(),
    }
  }
