import { type ExecutionResult, OperationTypeNode } from 'graphql'
import type { Context } from '../context.ts'
import { maxBytesPerRequest } from '../database/request-quota.ts'
import { AnswerTooLarge, QueryTooComplex, Unauthenticated } from '../errors.ts'
import type { Rates } from '../http/rates.ts'
import type { Viewer } from '../viewer.ts'
import { costOf } from './cost.ts'
import { runIdempotently } from './idempotent-run.ts'
import type { Operation } from './operation.ts'
import { isLongerThan } from './result-size.ts'

type Variables = Readonly<Record<string, unknown>>

/** The result of an operation, with `extensions.cost`. */
interface Execution {
  readonly result: ExecutionResult
  /** Points. */
  readonly cost: number
  /** The rest of the user's allowance, and whether the result is a replay. */
  readonly headers: Readonly<Record<string, string>>
}

/** Executes an operation for a caller. Throws an error, before anything runs, if the caller may not run it. */
export type Execute = (operation: Operation, context: Context, variables: Variables) => Promise<Execution>

/** Creates the last steps of a request: cost and rates, idempotency, run. */
export const createExecute =
  (rates: Rates): Execute =>
  async (operation, context, variables) => {
    const { cost, allowance } = await charge(operation, context, variables, rates)
    const { result, headers } =
      context.idempotencyKey !== null && isIdempotent(operation, context.viewer)
        ? await runIdempotently(operation, context, context.idempotencyKey, variables)
        : { result: await operation.run(context, variables), headers: {} }
    // Aliases repeat in the result what was read once.
    if (isLongerThan(result.data, maxBytesPerRequest)) throw new AnswerTooLarge(maxBytesPerRequest)
    const extensions = { cost: { requested: cost, limit: context.config.costLimit } }
    return { result: { ...result, extensions }, cost, headers: { ...allowance, ...headers } }
  }

/** Checks the cost of an operation against the limit, and spends it from the user's allowance. */
async function charge(
  { introspects, costs }: Operation,
  { viewer, config }: Context,
  variables: Variables,
  rates: Rates,
) {
  if (introspects && config.introspection === 'signed-in' && !viewer)
    throw new Unauthenticated('Sign in to ask about the schema.')
  const cost = costOf(costs, variables)
  if (cost > config.costLimit) throw new QueryTooComplex('The query costs too much, in points', cost, config.costLimit)
  return { cost, allowance: viewer ? await rates.spend(viewer.id, cost) : null }
}

/** Anonymous callers store nothing under a key, except how they got an account or a token. */
const isIdempotent = ({ kind, costs }: Operation, viewer: Viewer | null) =>
  kind === OperationTypeNode.MUTATION &&
  (viewer !== null || costs.some(({ field }) => field === 'signIn' || field === 'signUp'))
