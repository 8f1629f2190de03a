import type DataLoader from 'dataloader'
import type { Config } from './config.ts'
import type { RunBulkTransaction } from './database/bulk-transaction.ts'
import type { MeteredStatements } from './database/request-quota.ts'
import type { RunTransaction } from './database/transaction.ts'
import { Unauthenticated } from './errors.ts'
import type { DocumentCache } from './graphql/document-cache.ts'
import type { IdempotentRequest } from './idempotency/idempotency.ts'
import type { CallerToken, Viewer } from './viewer.ts'

/** The context of a request: the argument of every resolver. */
export interface Context {
  readonly config: Config
  /** Single statements, within the request's quota. */
  readonly db: MeteredStatements
  readonly transaction: RunTransaction
  readonly bulkTransaction: RunBulkTransaction
  readonly requestId: string
  /** The client's IP address. */
  readonly address: string
  readonly documents: DocumentCache
  /** The `traceparent` header. */
  readonly traceParent: string | null
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: string | null
  /** The state of an idempotent request; null without an Idempotency-Key. */
  idempotency: IdempotentRequest | null
  /** The authenticated user. `signIn` sets it for the rest of an anonymous request. */
  viewer: Viewer | null
  readonly token: CallerToken | null
  /** Makes the next request of every token look its user up again: call it after a change of tokens or accounts. */
  readonly forgetCallers: () => void
  readonly loaders: Map<unknown, DataLoader<string, unknown>>
}

/** The authenticated user. Throws UNAUTHENTICATED if there is none. */
export function requireViewer({ viewer }: Pick<Context, 'viewer'>): Viewer {
  if (viewer === null) throw new Unauthenticated()
  return viewer
}
