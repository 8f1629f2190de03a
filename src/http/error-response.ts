import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { parseDatabaseError } from '../database/database-error.ts'
import { jsonType } from './content-type.ts'
import { maskError } from './mask-error.ts'
import type { HttpResponse } from './request.ts'
import { requestIdHeader } from './request-id.ts'

interface ResponseOptions {
  readonly contentType?: string
  readonly requestId: string
  readonly log: Logger
  /** The HTTP status per error code, for responses that are not GraphQL results. */
  readonly statuses?: Readonly<Record<string, number>>
}

export interface ResultResponse extends HttpResponse {
  readonly codes: readonly string[]
}

interface HttpExtension {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** True if GraphQL over HTTP defines status 200 for application/json. */
  readonly spec?: boolean
}

/** Converts a result to status, headers and JSON. Masks and logs unexpected errors. */
export function resultResponse(result: ExecutionResult, options: ResponseOptions): ResultResponse {
  const { contentType = jsonType, requestId } = options
  const headers: Record<string, string> = {
    'content-type': contentType,
    'x-content-type-options': 'nosniff',
    [requestIdHeader]: requestId,
  }
  if (!result.errors) return { status: 200, headers, body: JSON.stringify(result), codes: [] }
  const errors = result.errors.map((error) => presentError(error, options))
  for (const { http } of errors) Object.assign(headers, http.headers)
  const status = Math.max(
    0,
    ...errors.map(({ http }) => (contentType === jsonType && http.spec ? 0 : (http.status ?? 0))),
  )
  const isServerError = !('data' in result) && errors.some(({ code }) => code === 'INTERNAL_SERVER_ERROR')
  return {
    status: status || (isServerError ? 500 : 200),
    headers,
    body: JSON.stringify({ ...result, errors: errors.map(({ formatted }) => formatted) }),
    codes: errors.map(({ code }) => code),
  }
}

export const toErrorResult = (error: unknown): ExecutionResult => ({
  errors: error instanceof AggregateError ? error.errors : [error as GraphQLError],
})

export const errorResponse = (error: unknown, options: ResponseOptions): HttpResponse => {
  const { codes: _, ...response } = resultResponse(toErrorResult(error), options)
  return response
}

interface PresentedError {
  readonly code: string
  readonly http: HttpExtension
  readonly formatted: GraphQLFormattedError
}

function presentError(error: unknown, { requestId, log, statuses = {} }: ResponseOptions): PresentedError {
  const masked = maskError(error)
  const { http = {}, ...extensions } = masked.extensions as { http?: HttpExtension; code?: string }
  const code = String(extensions.code)
  const isUnexpected = code === 'INTERNAL_SERVER_ERROR'
  if (isUnexpected)
    log.error({ requestId, path: masked.path, err: toLoggableError(masked.originalError) }, 'unexpected error')
  else if (masked.cause) log.error({ requestId, err: toLoggableError(masked.cause) }, 'unavailable')
  const { extensions: _, ...formatted } = masked.toJSON()
  const publicExtensions = { ...extensions, ...(isUnexpected && { requestId }) }
  return {
    code,
    http: { ...(statuses[code] && { status: statuses[code] }), ...http },
    formatted: { ...formatted, ...(Object.keys(publicExtensions).length > 0 && { extensions: publicExtensions }) },
  }
}

/** Omits the message of a database error, which may contain values. */
export function toLoggableError(error: unknown) {
  const { sqlState, constraint } = parseDatabaseError(error)
  if (!sqlState || !(error instanceof Error)) return error
  const frames = error.stack?.match(/^ {4}at .*$/gm)?.join('\n')
  return { type: error.name, message: `SQLSTATE ${sqlState}`, constraint, stack: frames }
}
