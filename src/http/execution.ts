import { type DocumentNode, type ExecutionResult, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { maxBytesPerRequest } from '../database/request-quota.ts'
import { costOf } from '../document/cost.ts'
import type { Documents, Operation, ReadDocument } from '../document/documents.ts'
import { mustBeWithinLimits } from '../document/limits.ts'
import { AnswerTooLarge, QueryTooComplex, Unauthenticated } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import { isLonger } from './answer-size.ts'
import type { Rates } from './rates.ts'
import { runOnce } from './repeated.ts'

type Variables = Readonly<Record<string, unknown>>

/** What an operation was answered with. */
export interface Executed {
  readonly result: ExecutionResult
  readonly cost: number
  /** What its user may still ask for, and whether it is an answer that was given before. */
  readonly headers: Readonly<Record<string, string>>
}

/** Runs an operation for a caller. Throws, before anything is run, what it is refused for. */
export type Execute = (operation: Operation, context: Context, variables: Variables) => Promise<Executed>

/**
 * What stands between a valid operation and its result: it may not ask about a schema that is closed to its caller, cost
 * more than the limit, or more than the caller has left in the minute, nor be answered at length. The result tells its cost.
 */
export const executeWithin =
  (rates: Rates): Execute =>
  async (operation, context, variables) => {
    const { viewer, config } = context
    if (operation.introspects && config.introspection === 'signed-in' && !viewer)
      throw new Unauthenticated('Sign in to ask about the schema.')
    const cost = costOf(operation.prices, variables)
    const limit = config.costLimit
    if (cost > limit) throw new QueryTooComplex('The query costs too much, in points', cost, limit)
    const allowance = viewer ? await rates.spend(viewer.id, cost) : null
    const { result, headers } =
      context.idempotencyKey !== null && isKept(operation, viewer)
        ? await runOnce(operation, context, context.idempotencyKey, variables)
        : { result: await operation.run(context, variables), headers: {} }
    // Aliases and filters that are given back repeat what was read once.
    if (isLonger(result.data, maxBytesPerRequest)) throw new AnswerTooLarge(maxBytesPerRequest)
    const extensions = { cost: { requested: cost, limit } }
    return { result: { ...result, extensions }, cost, headers: { ...allowance, ...headers } }
  }

/** Whether a change may be kept under a key: nothing is kept for strangers but how they got an account or a token. */
const isKept = ({ kind, prices }: Operation, viewer: Viewer | null) =>
  kind === OperationTypeNode.MUTATION &&
  (viewer !== null || prices.some(({ field }) => field === 'signIn' || field === 'signUp'))

/** Has Yoga read and run documents as the short cut does. */
export function useExecution(documents: Documents, execute: Execute): Plugin<Context> {
  const read = new WeakMap<DocumentNode, ReadDocument>()
  const told = new WeakMap<Request, Executed['headers']>()
  return {
    onParams({ params }) {
      mustBeWithinLimits(params)
    },
    // As functions, not results: Yoga gives what these find its status.
    onParse({ setParseFn }) {
      setParseFn((source) => {
        const found = documents(String(source))
        read.set(found.document, found)
        return found.document
      })
    },
    onValidate({ setValidationFn }) {
      setValidationFn((_schema, document) => read.get(document)?.faults ?? [])
    },
    onExecute({ args, setExecuteFn }) {
      const { document, operationName, contextValue, variableValues } = args
      const operation = read.get(document)?.operation(operationName ?? undefined)
      if (!operation) return
      setExecuteFn(async () => {
        const { result, headers } = await execute(operation, contextValue as Context, variableValues ?? {})
        told.set(args.contextValue.request, headers)
        return result
      })
    },
    onResponse({ request, response }) {
      for (const [name, value] of Object.entries(told.get(request) ?? {})) response.headers.set(name, value)
    },
  }
}
