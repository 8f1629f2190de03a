import { type ExecutionResult, OperationTypeNode } from 'graphql'
import type { Context } from '../context.ts'
import { maxBytesPerRequest } from '../database/request-quota.ts'
import { BadUserInput, formatNumber, QueryTooComplex, ResultTooLarge, Unauthenticated } from '../errors.ts'
import type { Form } from '../http/multipart.ts'
import type { Rates } from '../http/rates.ts'
import { isKeyUsed } from '../idempotency/idempotency.ts'
import type { Viewer } from '../viewer.ts'
import { undescribed } from './anonymous-documents.ts'
import { costOf, type ListCost, listCostsOf } from './cost.ts'
import { type HasHidden, runIdempotently } from './idempotent-run.ts'
import type { Operation } from './operation.ts'
import { isLongerThan } from './result-size.ts'

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
  (rates: Rates, hasHidden: HasHidden): Execute =>
  async (operation, context, variables, form) => {
    const { cost, rateHeaders } = await charge(operation, context, variables, rates)
    const { result, headers } =
      (form && (await receiveFiles(form, operation, context, variables))) ??
      (context.idempotencyKey !== null && isIdempotent(operation, context.viewer)
        ? await runIdempotently(operation, context, context.idempotencyKey, variables, hasHidden)
        : { result: await operation.run(context, variables), headers: {} })
    if (result.data === undefined && context.viewer === null && context.config.introspection === 'signed-in')
      throw new BadUserInput([{ path: 'variables', message: `are invalid. ${undescribed}` }])
    // The quota counts data that was read once, but aliases repeat it in the result.
    if (isLongerThan(result.data, maxBytesPerRequest)) throw new ResultTooLarge(maxBytesPerRequest)
    const extensions = { cost: { requested: cost, limit: context.config.costLimit } }
    return { result: { ...result, extensions }, cost, headers: { ...rateHeaders, ...headers } }
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

async function charge(
  { kind, introspects, costs }: Operation,
  { viewer, address, config }: Context,
  variables: Variables,
  rates: Rates,
) {
  if (introspects && config.introspection === 'signed-in' && !viewer)
    throw new Unauthenticated('Introspection requires a token on this server (SNAGLIST_INTROSPECTION).')
  const cost = costOf(costs, variables)
  const limit = config.costLimit
  if (cost > limit) {
    const [list] = listCostsOf(costs, variables, limit)
    throw new QueryTooComplex(costMessage(cost, limit, list), cost, limit)
  }
  if (viewer) return { cost, rateHeaders: await rates.spend(`user ${viewer.id}`, cost) }
  // signIn has limits of its own.
  if (kind === OperationTypeNode.QUERY) await rates.spend(`address ${address}`, cost)
  if (costs.some(({ field }) => field === 'signUp')) await rates.spend(`sign-up ${address}`, cost)
  return { cost, rateHeaders: null }
}

function costMessage(cost: number, limit: number, list: ListCost | undefined): string {
  const excess = `Query cost ${formatNumber(cost)} exceeds the limit of ${formatNumber(limit)}.`
  if (!list) return `${excess} Select less, or split the query into several requests.`
  const remedy =
    list.first === null
      ? 'Filter by project, simplify `filter` and `orderBy`, or select less. `explainCost` lists all costs.'
      : `Lower its \`first\` or \`last\` to ${list.first}, or select less. \`explainCost\` lists all costs.`
  return `${excess} Most expensive: \`${list.path}\` (${formatNumber(list.cost)}). ${remedy}`
}

/** For an anonymous client, only `signIn` and `signUp` can take effect. */
const isIdempotent = ({ kind, costs }: Operation, viewer: Viewer | null) =>
  kind === OperationTypeNode.MUTATION &&
  (viewer !== null || costs.some(({ field }) => field === 'signIn' || field === 'signUp'))
