import { type ExecutionResult, OperationTypeNode } from 'graphql'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import { BadRequest, BatchingNotSupported, RateLimited, UnknownOperation } from '../errors.ts'
import { jsonType, negotiateResultType } from '../http/content-type.ts'
import type { Cors } from '../http/cors.ts'
import { resultResponse, toErrorResult } from '../http/error-response.ts'
import type { Payer, Rates } from '../http/rates.ts'
import type { HttpRequest, HttpResponse } from '../http/request.ts'
import { requestIdFrom, requestIdHeader } from '../http/request-id.ts'
import type { RequestListener } from '../http/request-log.ts'
import type { LimitResponse } from '../http/response-quota.ts'
import type { ReadAnonymousDocument } from './anonymous-documents.ts'
import type { CreateContext } from './create-context.ts'
import type { Document } from './document.ts'
import type { Execute } from './execute.ts'
import type { Operation } from './operation.ts'
import { type ParameterQuotas, type Parameters, readParameters } from './parameters.ts'
import type { PersistedDocuments } from './persisted-documents.ts'

interface EndpointOptions {
  readonly path: string
  readonly documents: PersistedDocuments
  readonly readAnonymousDocument: ReadAnonymousDocument
  readonly rates: Rates
  readonly quotas: ParameterQuotas
  readonly limitResponse: LimitResponse
  readonly createContext: CreateContext
  readonly execute: Execute
  readonly cors: Cors
  readonly onCompleted: RequestListener
  readonly log: Logger
}

export type Endpoint = (request: HttpRequest) => Promise<HttpResponse>

export function createEndpoint({
  path,
  documents,
  readAnonymousDocument,
  rates,
  quotas,
  limitResponse,
  createContext,
  execute,
  cors,
  onCompleted,
  log,
}: EndpointOptions): Endpoint {
  async function runSteps(request: HttpRequest, requestId: string, progress: Progress): Promise<ExecutionResult> {
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
    const document = await readDocument(documents.textOf(parameters, context.viewer), context, refusal)
    const operation = selectOperation(document, parameters, request.method)
    if (context.viewer) documents.register(parameters)
    progress.operation = operation.name
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

  const readDocument = (query: string, context: Context, refusal: RateLimited | null) =>
    context.viewer ? context.readDocument(query) : readAnonymousDocument(query, context, refusal)

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
    const { codes, ...single } = limitResponse(resultResponse(result, options), request, payer, options)
    const response = operationCount === null ? single : repeatResult(single, operationCount)
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

/** Throws all errors of the document, or an error if the operation cannot run with this HTTP method. */
function selectOperation(document: Document, { operationName = null }: Parameters, method: string): Operation {
  if (document.errors.length > 0) throw new AggregateError(document.errors)
  const operation = document.operation(operationName)
  if (!operation) throw new UnknownOperation()
  if (operation.kind === OperationTypeNode.SUBSCRIPTION)
    throw new BadRequest('Schema is not configured to execute subscription operation.')
  if (method === 'GET' && operation.kind !== OperationTypeNode.QUERY)
    throw new BadRequest('Can only perform a mutation operation from a POST request.', {
      status: 405,
      headers: { allow: 'POST' },
    })
  return operation
}
