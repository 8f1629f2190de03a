import { type Context, requireViewer } from './context.ts'
import type { Statements, Transaction } from './database/statements.ts'
import { runOptimistically } from './database/transaction.ts'
import { readStoredResult, runStepOnce } from './idempotency/idempotency.ts'
import type { Viewer } from './viewer.ts'

// Each runner clears the loaders when it ends, so that the payload and following mutations read the new state.

/** Runs an action in one transaction, at most once per Idempotency-Key. */
export async function write<Result>(
  context: Context,
  action: (tx: Transaction, viewer: Viewer) => Promise<Result>,
  options?: Parameters<Context['transaction']>[1],
): Promise<Result> {
  const viewer = requireViewer(context)
  return writeAnonymously(context, (tx) => action(tx, viewer), options)
}

/** Runs an action without a transaction unless it loses a race: see `runOptimistically`. */
export async function writeOptimistically<Result>(
  context: Context,
  action: (db: Statements, viewer: Viewer) => Promise<Result>,
): Promise<Result> {
  // The result of an idempotent request is stored in the transaction of its action.
  if (context.idempotency) return write(context, action)
  const viewer = requireViewer(context)
  try {
    return await runOptimistically(context, (db) => action(db, viewer))
  } finally {
    context.loaders.clear()
  }
}

/**
 * Runs slow preparation, such as hashing a password, before the transaction, so that no connection waits for it. A
 * repeated idempotent request skips the preparation. Allows anonymous clients.
 */
export async function prepareAndWrite<Preparation, Result>(
  context: Context,
  prepare: () => Promise<Preparation>,
  action: (tx: Transaction, preparation: Preparation) => Promise<Result>,
): Promise<Result> {
  const storedResult = context.idempotency && (await readStoredResult<Result>(context.db, context.idempotency))
  if (storedResult) return storedResult.result
  const preparation = await prepare()
  return writeAnonymously(context, (tx) => action(tx, preparation))
}

async function writeAnonymously<Result>(
  context: Context,
  action: (tx: Transaction) => Promise<Result>,
  options?: Parameters<Context['transaction']>[1],
): Promise<Result> {
  try {
    return await context.transaction((tx) => runStepOnce(tx, context.idempotency, () => action(tx)), options)
  } finally {
    context.loaders.clear()
  }
}
