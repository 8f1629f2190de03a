import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { Database } from '../database/open.ts'
import { withRequestQuota } from '../database/request-quota.ts'
import type { ReadDatabaseSize } from '../database/size.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { anonymousPayer, type Payer, type Rates } from '../http/rates.ts'
import type { HttpRequest } from '../http/request.ts'
import type { ViewerCache } from '../viewer.ts'
import type { DocumentCache } from './document-cache.ts'

interface ContextServices {
  readonly config: Config
  readonly database: Database
  readonly viewerCache: ViewerCache
  readonly authenticate: Authenticate
  readonly documents: DocumentCache
  readonly rates: Rates
  readonly readDatabaseSize: ReadDatabaseSize
  readonly wakeWebhooks: () => void
}

const maxUserAgentLength = 200

export type CreateContext = (
  request: Pick<HttpRequest, 'method' | 'header' | 'address'>,
  requestId: string,
) => Promise<Context>

/** The returned function throws the errors of `Authenticate`. */
export const contextFactory =
  ({
    config,
    database,
    viewerCache,
    authenticate,
    documents,
    rates,
    readDatabaseSize,
    wakeWebhooks,
  }: ContextServices): CreateContext =>
  async (request, requestId) => {
    const authentication = await authenticate(request)
    const { header, address } = request
    const payer: Payer = authentication ? `user ${authentication.viewer.id}` : anonymousPayer(request)
    return {
      config,
      db: withRequestQuota(database.db),
      transaction: database.transaction,
      bulkTransaction: database.bulkTransaction,
      requestId,
      address,
      payer,
      userAgent: header('user-agent')?.slice(0, maxUserAgentLength) ?? null,
      readDocument: async (query) => documents.find(query) ?? rates.chargeParsing(payer, () => documents.read(query)),
      readDatabaseSize,
      traceParent: header('traceparent') ?? null,
      idempotencyKey: header('idempotency-key') ?? null,
      idempotency: null,
      viewer: authentication?.viewer ?? null,
      token: authentication?.token ?? null,
      wakeWebhooks,
      clearViewerCache: viewerCache.clear,
      addKnownToken: viewerCache.addKnown,
      loaders: new Map(),
      prefetchKeys: new Map(),
      streamStep: null,
    }
  }
