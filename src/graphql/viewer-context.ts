import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { Database } from '../database/open.ts'
import { withRequestQuota } from '../database/request-quota.ts'
import { createDatabaseSizeReader } from '../database/size.ts'
import type { Viewer } from '../viewer.ts'

/** Creates contexts for reading with the permissions of a viewer, without a request. */
export function viewerContextFactory(config: Config, database: Database): (viewer: Viewer) => Context {
  const readDatabaseSize = createDatabaseSizeReader(database.pool)
  return (viewer) => ({
    config,
    db: withRequestQuota(database.db),
    transaction: database.transaction,
    bulkTransaction: database.bulkTransaction,
    requestId: '',
    address: '',
    payer: `user ${viewer.id}`,
    userAgent: null,
    readDocument: () => Promise.reject(new Error('There is no request that could pay for a document.')),
    readDatabaseSize,
    wakeWebhooks: () => {},
    traceParent: null,
    idempotencyKey: null,
    idempotency: null,
    viewer,
    token: null,
    clearViewerCache: () => {},
    addKnownToken: () => {},
    loaders: new Map(),
    prefetchKeys: new Map(),
    streamStep: null,
  })
}
