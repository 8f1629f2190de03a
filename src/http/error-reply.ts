import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { parseDatabaseError } from '../database/database-error.ts'
import { jsonType } from './content-type.ts'
import { maskError } from './mask-error.ts'
import type { HttpReply } from './request.ts'
import { requestIdHeader } from './request-id.ts'

interface ReplyOptions {
  /** The content type of the result. */
  readonly contentType?: string
  readonly requestId: string
  readonly log: Logger
  /** HTTP status of an error code, for responses whose errors have none: outside of GraphQL. */
  readonly statuses?: Readonly<Record<string, number>>
}

/** A reply, and the codes of the errors in it. */
export interface ResultReply extends HttpReply {
  readonly codes: readonly string[]
}

interface HttpExtension {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** True if GraphQL over HTTP answers 200 to clients that accept application/json. */
  readonly spec?: boolean
}

/** Turns a result, or errors alone, into status, headers and JSON. Masks unexpected errors and logs them. */
export function replyWith(result: ExecutionResult, options: ReplyOptions): ResultReply {
  const { contentType = jsonType, requestId } = options
  const headers: Record<string, string> = { 'content-type': contentType, [requestIdHeader]: requestId, ...noSniffing }
  if (!result.errors) return { status: 200, headers, body: JSON.stringify(result), codes: [] }
  const errors = result.errors.map((error) => presentError(error, options))
  for (const { http } of errors) Object.assign(headers, http.headers)
  const status = Math.max(
    0,
    ...errors.map(({ http }) => (contentType === jsonType && http.spec ? 0 : (http.status ?? 0))),
  )
  const failed = !('data' in result) && errors.some(({ code }) => code === 'INTERNAL_SERVER_ERROR')
  return {
    status: status || (failed ? 500 : 200),
    headers,
    body: JSON.stringify({ ...result, errors: errors.map(({ formatted }) => formatted) }),
    codes: errors.map(({ code }) => code),
  }
}

/** A result without data for an error, or for the errors of an AggregateError. */
export const toErrorResult = (error: unknown): ExecutionResult => ({
  errors: error instanceof AggregateError ? error.errors : [error as GraphQLError],
})

/** Turns an error into a reply. */
export const errorReply = (error: unknown, options: ReplyOptions): HttpReply => {
  const { codes: _, ...reply } = replyWith(toErrorResult(error), options)
  return reply
}

const noSniffing = { 'x-content-type-options': 'nosniff' }

interface PresentedError {
  readonly code: string
  readonly http: HttpExtension
  readonly formatted: GraphQLFormattedError
}

function presentError(error: unknown, { requestId, log, statuses = {} }: ReplyOptions): PresentedError {
  const masked = maskError(error)
  const { http = {}, ...extensions } = masked.extensions as { http?: HttpExtension; code?: string }
  const code = String(extensions.code)
  const isUnexpected = code === 'INTERNAL_SERVER_ERROR'
  if (isUnexpected)
    log.error({ requestId, path: masked.path, err: toLoggableError(masked.originalError) }, 'unexpected error')
  else if (masked.cause) log.error({ requestId, err: masked.cause }, 'unavailable')
  const { extensions: _, ...formatted } = masked.toJSON()
  const shown = { ...extensions, ...(isUnexpected && { requestId }) }
  return {
    code,
    http: { ...(statuses[code] && { status: statuses[code] }), ...http },
    formatted: { ...formatted, ...(Object.keys(shown).length > 0 && { extensions: shown }) },
  }
}

/** An error for the log. The message of a database error may hold values: only its code and its stack are logged. */
export function toLoggableError(error: unknown) {
  const { sqlState, constraint } = parseDatabaseError(error)
  if (!sqlState || !(error instanceof Error)) return error
  const frames = error.stack?.match(/^ {4}at .*$/gm)?.join('\n')
  return { type: error.name, message: `SQLSTATE ${sqlState}`, constraint, stack: frames }
}
