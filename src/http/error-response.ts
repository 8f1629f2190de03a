import type { ExecutionResult, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { parseDatabaseError } from '../database/database-error.ts'
import { jsonType } from './content-type.ts'
import { maskError } from './mask-error.ts'
import type { HttpResponse } from './request.ts'
import { requestIdHeader } from './request-id.ts'

interface ResponseOptions {
  readonly requestId: string
  readonly log: Logger
}

export interface ResultOptions extends ResponseOptions {
  readonly contentType: string
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

/** The status of an error that has none of its own, by code; 400 for other codes. */
const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  INTERNAL_SERVER_ERROR: 500,
}

/**
 * Converts a GraphQL result to status, headers and JSON. Masks and logs unexpected errors. GraphQL over HTTP defines 200
 * for results with data and for most of type application/json, and an error status for all others.
 */
export function resultResponse(result: ExecutionResult, { contentType, ...options }: ResultOptions): ResultResponse {
  return respond(result, contentType, contentType === jsonType, options)
}

/** A response that is not a GraphQL result: its errors always have an error status. */
export const errorResponse = (error: unknown, options: ResponseOptions): HttpResponse => {
  const { codes: _, ...response } = respond(toErrorResult(error), jsonType, false, options)
  return response
}

export const toErrorResult = (error: unknown): ExecutionResult => ({
  errors: error instanceof AggregateError ? error.errors : [error as GraphQLError],
})

function respond(
  result: ExecutionResult,
  contentType: string,
  isLenient: boolean,
  options: ResponseOptions,
): ResultResponse {
  const { requestId } = options
  const headers: Record<string, string> = {
    'content-type': contentType,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    [requestIdHeader]: requestId,
  }
  if (!result.errors) return { status: 200, headers, body: JSON.stringify(result), codes: [] }
  const errors = result.errors.map((error) => presentError(error, options))
  for (const { http } of errors) Object.assign(headers, http.headers)
  const defaultStatus = (code: string) => {
    if ('data' in result) return 200
    return isLenient && code !== 'INTERNAL_SERVER_ERROR' ? 200 : (statuses[code] ?? 400)
  }
  const statusOf = ({ code, http }: PresentedError) =>
    (isLenient && http.spec ? null : http.status) ?? defaultStatus(code)
  const status = result.data ? 200 : Math.max(...errors.map(statusOf))
  return {
    status,
    headers,
    body: JSON.stringify({ ...result, errors: errors.map(({ formatted }) => formatted) }),
    codes: errors.map(({ code }) => code),
  }
}

/** The result as clients receive it. Masks and logs unexpected errors. */
export const presentResult = (result: ExecutionResult, options: ResponseOptions): FormattedExecutionResult =>
  result.errors
    ? { ...result, errors: result.errors.map((error) => presentError(error, options).formatted) }
    : (result as FormattedExecutionResult)

interface PresentedError {
  readonly code: string
  readonly http: HttpExtension
  readonly formatted: GraphQLFormattedError
}

function presentError(error: unknown, { requestId, log }: ResponseOptions): PresentedError {
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
    http,
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
