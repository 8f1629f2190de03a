import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import { parseDatabaseError, toApiError } from '../database/database-error.ts'
import { BadUserInput } from '../errors.ts'
import { requestIdOf } from './request-id.ts'

/** The error as the caller may see it: expected ones as they are, all others without a word of what happened. */
export function maskError(error: unknown): GraphQLError {
  const expected = expectedError(error)
  const { nodes = null, path = null } = error instanceof GraphQLError ? error : {}
  if (!expected)
    return new GraphQLError('Something went wrong on our side. The log has it under the request id.', {
      nodes,
      path,
      originalError: originalOf(error),
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    })
  return expected.path || !path
    ? expected
    : new GraphQLError(expected.message, { nodes, path, extensions: expected.extensions })
}

function expectedError(error: unknown): GraphQLError | null {
  if (error instanceof GraphQLError) {
    const coercion = coercionError(error)
    if (coercion || !error.originalError) return coercion ?? error
  }
  const original = originalOf(error)
  if (original instanceof GraphQLError) return original
  const known = toApiError(original)
  return known instanceof GraphQLError ? known : null
}

function originalOf(error: unknown): Error {
  for (let cause = error; ; ) {
    if (!(cause instanceof GraphQLError) || !cause.originalError)
      return cause instanceof Error ? cause : new Error(String(cause))
    cause = cause.originalError
  }
}

/** A variable of the wrong type as BAD_USER_INPUT: GraphQL itself says so without a code. */
function coercionError({ message, originalError }: GraphQLError): BadUserInput | null {
  const [, variable, missing] =
    /^Variable "\$(\w+)" (?:got invalid value|(of (?:required|non-null) type .*))/s.exec(message) ?? []
  if (!variable) return null
  if (missing) return new BadUserInput([{ path: variable, message: missing }])
  // The path stands between the value, which may hold anything, and the fault.
  const fault = originalError?.message ?? ''
  const path = / at "([\w.[\]]+)"$/.exec(message.slice(0, -`; ${fault}`.length))?.[1] ?? variable
  const field = /^Field "(\w+)"/.exec(fault)?.[1]
  return new BadUserInput([{ path: path.replaceAll(/\[(\d+)\]/g, '.$1') + (field ? `.${field}` : ''), message: fault }])
}

/** Gives errors that were masked the id under which the log has them, and logs them. */
export const useErrorLog = (log: Logger): Plugin => ({
  onResultProcess({ request, result }) {
    if (Array.isArray(result) || !('errors' in result)) return
    for (const error of result.errors ?? []) {
      if (error.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR') continue
      const requestId = requestIdOf(request)
      error.extensions['requestId'] = requestId
      log.error({ requestId, path: error.path, err: told(error.originalError) }, 'unexpected error')
    }
  },
})

/** An error for the log: a database's own words may hold what was written, its code and its place do not. */
export function told(error: unknown) {
  const { sqlState, constraint } = parseDatabaseError(error)
  if (!sqlState || !(error instanceof Error)) return error
  const frames = error.stack?.match(/^ {4}at .*$/gm)?.join('\n')
  return { type: error.name, message: `SQLSTATE ${sqlState}`, constraint, stack: frames }
}
