import { createHash } from 'node:crypto'
import type { ExecutionResult } from 'graphql'
import type { Context } from '../context.ts'
import type { Statements } from '../database/statements.ts'
import { replayedHeader } from '../http/cors.ts'
import { Upload } from '../http/upload.ts'
import { checkKey, createIdempotentRequest, runInSequence } from '../idempotency/idempotency.ts'
import type { Viewer } from '../viewer.ts'
import type { Operation } from './operation.ts'

type Variables = Readonly<Record<string, unknown>>

/** True if a project that the viewer cannot see contains an object with one of the ids. */
export type HasHidden = (db: Statements, viewer: Viewer, ids: readonly string[]) => Promise<boolean>

/**
 * A repeated request runs again, but its mutations return stored results. Throws CONFLICT for a key with another
 * body.
 */
export async function runIdempotently(
  operation: Operation,
  context: Context,
  key: string,
  variables: Variables,
  hasHidden: HasHidden,
): Promise<{ readonly result: ExecutionResult; readonly headers: Readonly<Record<string, string>> }> {
  const body = JSON.stringify([operation.query, operation.name, await digestFiles(variables)])
  const owner = {
    tokenId: context.token?.id ?? null,
    userId: context.viewer?.id ?? null,
    hasHidden: async (db: Statements, ids: readonly string[]) =>
      context.viewer !== null && hasHidden(db, context.viewer, ids),
  }
  const request = createIdempotentRequest(owner, key, body)
  context.idempotency = request
  return runInSequence(request, async () => {
    await checkKey(context.db, request)
    const result = await operation.run(context, variables)
    return { result, headers: request.hasReplayed && !request.hasTakenEffect ? { [replayedHeader]: 'true' } : {} }
  })
}

async function digestFiles(value: unknown): Promise<unknown> {
  if (value instanceof Upload) {
    const digest = createHash('sha256')
    for await (const chunk of value.stored.handle.createReadStream({ start: 0, autoClose: false })) digest.update(chunk)
    return { file: value.stored.name, sha256: digest.digest('hex') }
  }
  if (Array.isArray(value)) return Promise.all(value.map(digestFiles))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([name, inner]) => [name, await digestFiles(inner)] as const)
  return Object.fromEntries(await Promise.all(entries))
}
