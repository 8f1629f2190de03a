import { createHash } from 'node:crypto'
import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Context } from '../context.ts'
import type { Operation } from '../document/documents.ts'
import { answerOnce, onceOf } from '../idempotency/once.ts'
import { isLonger } from './answer-size.ts'
import { maskError } from './errors.ts'
import { Upload } from './upload.ts'

type Variables = Readonly<Record<string, unknown>>

/** A result as it is kept: plain values. */
interface Kept {
  readonly data: unknown
  readonly errors?: readonly ReturnType<GraphQLError['toJSON']>[]
}

/** Said of an answer that was given before. */
export const replayedHeader = 'idempotency-replayed'

/** What went wrong on the way or with the server: the same request may do better later. */
const passing = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL_SERVER_ERROR', 'CLIENT_CLOSED_REQUEST'])

/** Characters of an answer that is kept. A longer one is made again when it is asked for again, of what was done once. */
const keptAtMost = 250_000

/** Runs a change that came with an Idempotency-Key, once. */
export async function runOnce(
  operation: Operation,
  context: Context,
  key: string,
  variables: Variables,
): Promise<{ readonly result: ExecutionResult; readonly headers: Readonly<Record<string, string>> }> {
  const body = JSON.stringify([operation.query, operation.name, await withoutFiles(variables)])
  context.once = onceOf(context.viewer?.id ?? null, key, body)
  // What never ran, as its variables are at fault, is told by the interpreter in its own words.
  let result: ExecutionResult = {}
  const { answer, replayed } = await answerOnce<Kept | null>(
    context.db,
    context.once,
    async () => {
      result = await operation.run(context, variables)
      return isLonger(result.data, keptAtMost) ? null : kept(result)
    },
    (answer) =>
      answer?.data !== undefined && !answer.errors?.some(({ extensions }) => passing.has(String(extensions?.['code']))),
  )
  if (!answer || (!replayed && answer.data === undefined)) return { result, headers: {} }
  const final = answer.errors?.some(({ extensions }) => extensions?.['code'] === 'INTERNAL_SERVER_ERROR')
    ? result
    : told(answer)
  return { result: final, headers: replayed ? { [replayedHeader]: 'true' } : {} }
}

const kept = ({ data, errors }: ExecutionResult): Kept => ({
  data: data && (JSON.parse(JSON.stringify(data)) as unknown),
  ...(errors && { errors: errors.map((error) => maskError(error).toJSON()) }),
})

const told = ({ data, errors }: Kept): ExecutionResult => ({
  data: data as Record<string, unknown> | null,
  ...(errors && {
    errors: errors.map(({ message, path, extensions, locations }) => {
      const error = new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null })
      return Object.defineProperty(error, 'locations', { value: locations })
    }),
  }),
})

/** Variables with files replaced by what is in them. */
async function withoutFiles(value: unknown): Promise<unknown> {
  if (value instanceof Upload) {
    const digest = createHash('sha256')
    for await (const chunk of value.handle.createReadStream({ start: 0, autoClose: false })) digest.update(chunk)
    return { file: value.name, sha256: digest.digest('hex') }
  }
  if (Array.isArray(value)) return Promise.all(value.map(withoutFiles))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([name, inner]) => [name, await withoutFiles(inner)] as const)
  return Object.fromEntries(await Promise.all(entries))
}
