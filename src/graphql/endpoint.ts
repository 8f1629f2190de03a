import { type ExecutionResult, OperationTypeNode } from 'graphql'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import { BadRequest, BatchingNotSupported, NotAcceptable, RateLimited } from '../errors.ts'
import { acceptsEventStream, eventStreamType, jsonType, negotiateResultType } from '../http/content-type.ts'
import type { Cors } from '../http/cors.ts'
import { resultResponse, toErrorResult } from '../http/error-response.ts'
import { asEventStream, streamResponse } from '../http/event-stream.ts'
import type { Payer, Rates } from '../http/rates.ts'
import type { EventStream, HttpRequest, HttpResponse } from '../http/request.ts'
import { requestIdFrom, requestIdHeader } from '../http/request-id.ts'
import type { RequestListener } from '../http/request-log.ts'
import type { LimitResponse } from '../http/response-quota.ts'
import type { CreateContext } from './create-context.ts'
import type { Execute } from './execute.ts'
import type { Operation } from './operation.ts'
import type { ReadOperation } from './operation-reader.ts'
import { type ParameterQuotas, readParameters } from './parameters.ts'

interface EndpointOptions {
  readonly path: string
  readonly readOperation: ReadOperation
  readonly rates: Rates
  readonly quotas: ParameterQuotas
  readonly limitResponse: LimitResponse
  readonly createContext: CreateContext
  readonly execute: Execute
  readonly subscribe: Subscribe
  readonly cors: Cors
  readonly onCompleted: RequestListener
  readonly log: Logger
}

export interface SubscriptionRequest {
  readonly operation: Operation
  readonly context: Context
  readonly variables: Readonly<Record<string, unknown>>
  /** Header with the token, which is checked for each result. */
  readonly authorization: string | null | undefined
}

/** Throws before the first result if the viewer may not open the stream. */
type Subscribe = (request: SubscriptionRequest) => Promise<EventStream>

export type Endpoint = (request: HttpRequest) => Promise<HttpResponse>

export function createEndpoint({
  path,
  readOperation,
  rates,
  quotas,
  limitResponse,
  createContext,
  execute,
  subscribe,
  cors,
  onCompleted,
  log,
}: EndpointOptions): Endpoint {
  async function runSteps(
    request: HttpRequest,
    requestId: string,
    progress: Progress,
  ): Promise<ExecutionResult | EventStream> {
    cors.requireAccess(request.header)
    progress.contentType = negotiateResultType(request.header('accept'))
    const context = await createContext(request, requestId)
    progress.user = context.viewer?.username
    if (context.viewer) progress.payer = `user ${context.viewer.id}`
    const { allowance, refusal } = await countRequest(context)
    if (refusal && request.method !== 'POST') throw refusal
    Object.assign(progress.headers, allowance)
    await using receivedParameters = await readParameters(request, context, quotas, refusal)
    const { parameters, form } = receivedParameters
    const operation = await readOperation(parameters, context, refusal)
    mustSuit(operation, request)
    progress.operation = operation.name
    if (operation.kind === OperationTypeNode.SUBSCRIPTION)
      return subscribe({
        operation,
        context,
        variables: parameters.variables ?? {},
        authorization: request.header('authorization'),
      })
    const { result, cost, headers } = await execute(operation, context, parameters.variables ?? {}, form)
    progress.cost = cost
    Object.assign(progress.headers, headers)
    return result
  }

  async function countRequest({ viewer, payer }: Context) {
    if (viewer) return { allowance: await rates.countRequest(payer), refusal: null }
    try {
      return { allowance: await rates.countRequest(payer), refusal: null }
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error
      return { allowance: null, refusal: error }
    }
  }

  return async (request) => {
    const start = performance.now()
    const requestId = requestIdFrom(request.header(requestIdHeader))
    const progress: Progress = {
      contentType: jsonType,
      payer: `address ${request.address}`,
      operationCount: null,
      headers: { ...cors.headers(request.header('origin')) },
    }
    const result = await runSteps(request, requestId, progress).catch((error: unknown) => {
      if (error instanceof BatchingNotSupported) progress.operationCount = error.operationCount
      return toErrorResult(error)
    })
    const { contentType, headers, payer, operationCount, ...summary } = progress
    const options = { contentType, requestId, log }
    const { codes, ...single } =
      'events' in result
        ? { ...streamResponse(result, options), codes: [] }
        : limitResponse(resultResponse(result, options), request, payer, options)
    const response = operationCount === null ? asEventStream(single, contentType) : repeatResult(single, operationCount)
    onCompleted({ requestId, method: request.method, path, status: response.status, start, ...summary, codes })
    return { ...response, headers: { ...headers, ...response.headers } }
  }
}

/** Collected for the response and the log, even if a later step fails. */
interface Progress {
  contentType: string
  payer: Payer
  /** Of a batch, which is rejected. */
  operationCount: number | null
  readonly headers: Record<string, string>
  operation?: string | undefined
  user?: string | undefined
  cost?: number
}

const maxRepetitions = 100

const repeatResult = (response: HttpResponse, count: number): HttpResponse => ({
  ...response,
  status: 200,
  body: `[${Array(Math.min(count, maxRepetitions)).fill(response.body).join()}]`,
})

/** Throws an error if the operation cannot run with the HTTP method, or for its Accept header. */
function mustSuit({ kind }: Operation, { method, header }: HttpRequest): void {
  if (kind === OperationTypeNode.SUBSCRIPTION && !acceptsEventStream(header('accept')))
    throw new NotAcceptable([eventStreamType])
  if (method === 'GET' && kind === OperationTypeNode.MUTATION)
    throw new BadRequest('Can only perform a mutation operation from a POST request.', {
      status: 405,
      headers: { allow: 'POST' },
    })
}
