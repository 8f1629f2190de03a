import { createHash } from 'node:crypto'
import type { ExecutionResult } from 'graphql'
import type { Context } from '../context.ts'
import { replayedHeader } from '../http/cors.ts'
import { Upload } from '../http/upload.ts'
import { claimKey, createIdempotentRequest, runInSequence } from '../idempotency/idempotency.ts'
import type { Operation } from './operation.ts'

type Variables = Readonly<Record<string, unknown>>

/**
 * A repeated request runs again, but its mutations return stored results. Throws CONFLICT for a key with another
 * body.
 */
export async function runIdempotently(
  operation: Operation,
  context: Context,
  key: string,
  variables: Variables,
): Promise<{ readonly result: ExecutionResult; readonly headers: Readonly<Record<string, string>> }> {
  const body = JSON.stringify([operation.query, operation.name, await digestFiles(variables)])
  const request = createIdempotentRequest(context.viewer?.id ?? null, key, body)
  context.idempotency = request
  return runInSequence(request, async () => {
    await claimKey(context.db, request)
    const result = await operation.run(context, variables)
    return { result, headers: request.hasReplayed && !request.hasTakenEffect ? { [replayedHeader]: 'true' } : {} }
  })
}

async function digestFiles(value: unknown): Promise<unknown> {
  if (value instanceof Upload) {
    const digest = createHash('sha256')
    for await (const chunk of value.handle.createReadStream({ start: 0, autoClose: false })) digest.update(chunk)
    return { file: value.name, sha256: digest.digest('hex') }
  }
  if (Array.isArray(value)) return Promise.all(value.map(digestFiles))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([name, inner]) => [name, await digestFiles(inner)] as const)
  return Object.fromEntries(await Promise.all(entries))
}
