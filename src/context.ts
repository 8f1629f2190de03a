import type DataLoader from 'dataloader'
import type { FieldNode } from 'graphql'
import type { ChangeSource, ChangeType } from '../prisma/generated/client.ts'
import type { Config } from './config.ts'
import type { RunBulkTransaction } from './database/bulk-transaction.ts'
import type { MeteredStatements } from './database/request-quota.ts'
import type { ReadDatabaseSize } from './database/size.ts'
import type { RunTransaction } from './database/transaction.ts'
import { Unauthenticated } from './errors.ts'
import type { Document } from './graphql/document.ts'
import type { Payer } from './http/rates.ts'
import type { IdempotentRequest } from './idempotency/idempotency.ts'
import type { Viewer, ViewerToken } from './viewer.ts'

export interface Context {
  readonly config: Config
  readonly db: MeteredStatements
  readonly transaction: RunTransaction
  readonly bulkTransaction: RunBulkTransaction
  readonly requestId: string
  /** The client's IP address. */
  readonly address: string
  /** Owner of the allowance that the request uses. */
  readonly payer: Payer
  /** At most 200 characters. */
  readonly userAgent: string | null
  /** Parses and validates a document at the expense of the viewer, unless it is known. */
  readonly readDocument: (query: string) => Promise<Document>
  readonly readDatabaseSize: ReadDatabaseSize
  readonly traceParent: string | null
  readonly idempotencyKey: string | null
  idempotency: IdempotentRequest | null
  /** Set by `signIn`, `signUp` and `resetPassword` for the rest of an anonymous request. */
  viewer: Viewer | null
  readonly token: ViewerToken | null
  /** Required after a delivery of a webhook was queued, or a webhook created. */
  readonly wakeWebhooks: () => void
  /** Required after a change of tokens or accounts. */
  readonly clearViewerCache: () => void
  /** Exempts a new token from the limit of unknown tokens per address. */
  readonly addKnownToken: (secret: string) => void
  readonly loaders: Map<unknown, DataLoader<string, unknown>>
  /** Properties of rows with prefetched values, by the nodes of their fields: see `prefetchKey`. */
  readonly prefetchKeys: Map<readonly FieldNode[], string>
  /** Position of a subscription, whose resolver reads the next batch. */
  readonly streamStep: StreamStep | null
}

/** Properties of a change by which a stream skips it without reading its ticket. */
export interface ChangeSummary {
  readonly projectId: string
  readonly type: ChangeType
  readonly source: ChangeSource
}

export interface StreamStep {
  /** Cursor of the previous batch; null for the first one. */
  readonly after: string | null
  /** Set by the resolver. */
  batch: StreamBatch | null
}

export interface StreamBatch {
  readonly cursor: string
  readonly isEmpty: boolean
  readonly caughtUp: boolean
  /** False if none of the changes belongs to the stream. */
  readonly mayContain: (changes: readonly ChangeSummary[]) => Promise<boolean>
}

export function requireStreamStep({ streamStep }: Pick<Context, 'streamStep'>): StreamStep {
  if (streamStep === null) throw new Error('A subscription is executed without its stream.')
  return streamStep
}

export function requireViewer({ viewer }: Pick<Context, 'viewer'>): Viewer {
  if (viewer === null) throw new Unauthenticated()
  return viewer
}
