import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { Database } from '../database/open.ts'
import { withRequestQuota } from '../database/request-quota.ts'
import { Unauthenticated } from '../errors.ts'
import { bearerToken } from '../http/bearer-token.ts'
import type { HttpRequest } from '../http/request.ts'
import type { ViewerCache } from '../viewer.ts'
import type { DocumentCache } from './document-cache.ts'

interface ContextServices {
  readonly config: Config
  readonly database: Database
  readonly viewerCache: ViewerCache
  readonly documents: DocumentCache
}

export type CreateContext = (request: Pick<HttpRequest, 'header' | 'address'>, requestId: string) => Promise<Context>

/** The returned function throws UNAUTHENTICATED, with HTTP 401, for an invalid token. */
export const contextFactory =
  ({ config, database, viewerCache, documents }: ContextServices): CreateContext =>
  async ({ header, address }, requestId) => {
    const authorization = header('authorization')
    const secret = bearerToken(authorization)
    const authentication = secret === null ? null : await viewerCache.find(secret)
    if (authorization && !authentication)
      throw new Unauthenticated('The token is invalid, expired or revoked. Sign in again.', 401)
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
      loaders: new Map(),
    }
  }
