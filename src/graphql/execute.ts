import { type ExecutionResult, OperationTypeNode } from 'graphql'
import type { Context } from '../context.ts'
import { maxBytesPerRequest } from '../database/request-quota.ts'
import { BadUserInput, formatNumber, QueryTooComplex, ResultTooLarge, Unauthenticated } from '../errors.ts'
import type { Form } from '../http/multipart.ts'
import type { Charge, Rates } from '../http/rates.ts'
import { isKeyUsed } from '../idempotency/idempotency.ts'
import type { Viewer } from '../viewer.ts'
import { undescribed } from './anonymous-documents.ts'
import { costOf, type FieldCost, fieldCostsOf } from './cost.ts'
import { costAdvice } from './cost-advice.ts'
import { type HasHidden, runIdempotently } from './idempotent-run.ts'
import type { Operation } from './operation.ts'
import { isLongerThan } from './result-size.ts'
import { isEarlyError, spentPointsOf } from './spent-points.ts'

type Variables = Readonly<Record<string, unknown>>

interface Execution {
  readonly result: ExecutionResult
  readonly cost: number
  readonly headers: Readonly<Record<string, string>>
}

/** Throws before execution if the viewer is not allowed to run the operation. */
export type Execute = (
  operation: Operation,
  context: Context,
  variables: Variables,
  form?: Form | null,
) => Promise<Execution>

export const createExecute =
  (rates: Rates, hasHidden: HasHidden, onMutation: () => void): Execute =>
  async (operation, context, variables, form) => {
    const size = await context.readDatabaseSize()
    const fields = fieldCostsOf(operation.costs, { variables, size })
    const cost = costOf(fields)
    const charge = await chargeCost(operation, context, fields, rates)
    const { result, headers } = await run(operation, context, variables, { form, hasHidden }).catch(async (error) => {
      if (isEarlyError(error)) await charge?.refund(cost - 1)
      throw error
    })
    if (operation.kind === OperationTypeNode.MUTATION) onMutation()
    const { usedMilliseconds: databaseMilliseconds } = context.db
    const spent = spentPointsOf(fields, { kind: operation.kind, result, databaseMilliseconds })
    const allowance = await charge?.refund(cost - spent)
    if (result.data === undefined && context.viewer === null && context.config.introspection === 'signed-in')
      throw new BadUserInput([{ path: 'variables', message: `are invalid. ${undescribed}` }])
    // The quota counts data that was read once, but aliases repeat it in the result.
    if (isLongerThan(result.data, maxBytesPerRequest)) throw new ResultTooLarge(maxBytesPerRequest)
    const extensions = { cost: { requested: cost, spent, limit: context.config.costLimit } }
    return { result: { ...result, extensions }, cost, headers: { ...(context.viewer && allowance), ...headers } }
  }

async function run(
  operation: Operation,
  context: Context,
  variables: Variables,
  { form, hasHidden }: { readonly form: Form | null | undefined; readonly hasHidden: HasHidden },
): Promise<Pick<Execution, 'result' | 'headers'>> {
  const refusal = form && (await receiveFiles(form, operation, context, variables))
  if (refusal) return refusal
  return context.idempotencyKey !== null && isIdempotent(operation, context.viewer)
    ? runIdempotently(operation, context, context.idempotencyKey, variables, hasHidden)
    : { result: await operation.run(context, variables), headers: {} }
}

/** Returns null, or errors for which the operation must not run: then the files are not received. */
async function receiveFiles(form: Form, operation: Operation, context: Context, variables: Variables) {
  const { db, token, idempotencyKey } = context
  const refusal = await operation.checkUploads(context, variables)
  // A repeated request has another result, for which its files are compared.
  const isRepeated = refusal && idempotencyKey !== null && (await isKeyUsed(db, token?.id ?? null, idempotencyKey))
  if (refusal && !isRepeated) return { result: refusal, headers: {} }
  await form.receiveFiles()
  return null
}

/** Returns null if the operation costs no points. */
export async function chargeCost(
  { kind, introspects, costs }: Operation,
  { viewer, address, payer, config }: Context,
  fields: readonly FieldCost[],
  rates: Rates,
): Promise<Charge | null> {
  if (introspects && config.introspection === 'signed-in' && !viewer)
    throw new Unauthenticated('Introspection requires a token on this server (SNAGLIST_INTROSPECTION).')
  const cost = costOf(fields)
  const limit = config.costLimit
  if (cost > limit) {
    const excess = `Query cost ${formatNumber(cost)} exceeds the limit of ${formatNumber(limit)}.`
    throw new QueryTooComplex(`${excess} ${costAdvice(fields, limit)}`, cost, limit)
  }
  const spend = () => rates.spend(payer, cost, (remaining) => costAdvice(fields, remaining))
  if (viewer) return spend()
  // signIn and resetPassword have limits of their own.
  if (costs.some(({ field }) => field === 'signUp')) await rates.spend(`sign-up ${address}`, cost)
  return kind === OperationTypeNode.QUERY ? spend() : null
}

const anonymousMutations = ['signIn', 'signUp', 'resetPassword']

/** For an anonymous client, only some mutations can take effect. */
const isIdempotent = ({ kind, costs }: Operation, viewer: Viewer | null) =>
  kind === OperationTypeNode.MUTATION &&
  (viewer !== null || costs.some(({ field }) => anonymousMutations.includes(field)))
