import DataLoader from 'dataloader'
import type { PrismaClient } from '../prisma/generated/client.ts'
import type { Callers } from './auth/caller.access.ts'
import type { Config } from './config.ts'
import type { BulkTransaction, InBulk } from './database/bulk.ts'
import type { Statements } from './database/statements.ts'
import type { Transaction } from './database/transaction.ts'
import { atOnce, inTransaction, retried } from './database/transaction.ts'
import type { Documents } from './document/documents.ts'
import { Unauthenticated } from './errors.ts'
import { actOnce, type Once, recall } from './idempotency/once.ts'

/** Who asks: what rights are decided on. */
export interface Viewer {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly role: 'MEMBER' | 'ADMIN'
}

/** The token that a request came with. */
export interface CallerToken {
  readonly id: string
  readonly kind: 'SESSION' | 'ACCESS'
  readonly scope: 'READ' | 'WRITE'
}

/** What every resolver gets, made once for each request. */
export interface Context {
  readonly config: Config
  readonly prisma: PrismaClient
  /** For statements outside of transactions. */
  readonly direct: Statements
  /** For transactions that take many rows. */
  readonly inBulk: InBulk
  readonly requestId: string
  /** Where the request comes from. */
  readonly address: string
  readonly documents: Documents
  /** The span of the caller's that the request belongs to. */
  readonly traceParent: string | null
  /** The Idempotency-Key that the request came with. */
  readonly idempotencyKey: string | null
  /** What has a change with an Idempotency-Key take effect once. */
  once: Once | null
  /** Who asks; who signs in with this request is from then on. */
  viewer: Viewer | null
  readonly token: CallerToken | null
  readonly callers: Callers
  readonly loaders: Map<unknown, unknown>
}

/** The signed-in caller; UNAUTHENTICATED when there is none. */
export function signedIn({ viewer }: Context): Viewer {
  if (viewer === null) throw new Unauthenticated()
  return viewer
}

/**
 * The request's loader of that name, made at first use: all ids asked for in one tick become one call of `batch`, which
 * returns a value for each id in their order. What else changes the answer belongs in the name, which is a text or any
 * other thing that is the same each time.
 */
export function loaderOf<Value>(
  context: Context,
  name: unknown,
  batch: (ids: readonly string[]) => Promise<readonly Value[]>,
): DataLoader<string, Value> {
  const known = context.loaders.get(name) as DataLoader<string, Value> | undefined
  if (known) return known
  const loader = new DataLoader<string, Value>(batch, { maxBatchSize: 1000 })
  context.loaders.set(name, loader)
  return loader
}

/** Puts rows in the order of the ids they were asked by; null where there is none. */
export function inOrder<Row extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly Row[],
): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** Runs a mutation's action in one transaction as the signed-in caller; apart from that as `writeAsAnyone`. */
export async function write<Result>(
  context: Context,
  action: (tx: Transaction, viewer: Viewer) => Promise<Result>,
): Promise<Result> {
  const viewer = signedIn(context)
  return writeAsAnyone(context, (tx) => action(tx, viewer))
}

/** Runs a mutation's action as the signed-in caller without a transaction if nobody is in the way: see `atOnce`. */
export async function writeAtOnce<Result>(
  context: Context,
  action: (db: Statements, viewer: Viewer) => Promise<Result>,
): Promise<Result> {
  // What is kept for an Idempotency-Key is kept in the same transaction.
  if (context.once) return write(context, action)
  const viewer = signedIn(context)
  try {
    return await atOnce(context, (db) => action(db, viewer))
  } finally {
    context.loaders.clear()
  }
}

/** Runs a mutation's action as the signed-in caller in one transaction without limits of time. */
export async function writeInBulk<Result>(
  context: Context,
  action: (tx: BulkTransaction, viewer: Viewer) => Promise<Result>,
): Promise<Result> {
  const viewer = signedIn(context)
  try {
    return await retried(() => context.inBulk((tx) => actOnce(tx, context.once, () => action(tx, viewer))))
  } finally {
    context.loaders.clear()
  }
}

/**
 * Runs a mutation's action in one transaction; for a request with an Idempotency-Key once. What was loaded before it is
 * forgotten, so that the payload, and the next mutation of the same document, see what is stored now.
 */
async function writeAsAnyone<Result>(context: Context, action: (tx: Transaction) => Promise<Result>): Promise<Result> {
  try {
    return await inTransaction(context.prisma, (tx) => actOnce(tx, context.once, () => action(tx)))
  } finally {
    context.loaders.clear()
  }
}

/**
 * Runs a mutation's action in one transaction after slow work that proves or prepares it, which no connection waits for.
 * What an earlier request with the same Idempotency-Key has done is not proven again.
 */
export async function writeProven<Proof, Result>(
  context: Context,
  prove: () => Promise<Proof>,
  action: (tx: Transaction, proof: Proof) => Promise<Result>,
): Promise<Result> {
  const before = context.once && (await recall(context.direct, context.once))
  if (before) return before.given as Result
  const proof = await prove()
  return writeAsAnyone(context, (tx) => action(tx, proof))
}
