import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import { translated } from '../database/transaction.ts'
import { BadUserInput, PayloadTooLarge } from '../errors.ts'
import { requestIdOf } from './request-id.ts'

export const maxBodyBytes = 1_000_000

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
  if (expected.extensions['code'] === 'REQUEST_ENTITY_TOO_LARGE') return new PayloadTooLarge(maxBodyBytes)
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
  const known = translated(original)
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
function coercionError({ message }: GraphQLError): BadUserInput | null {
  const match =
    /^Variable "\$(\w+)" (?:got invalid value .*?(?: at "([^"]+)")?; (.*)|(of required type .* was not provided\.))$/s.exec(
      message,
    )
  if (!match) return null
  const [, variable = '', path, fault, missing] = match
  return new BadUserInput([
    { path: (path ?? variable).replaceAll(/\[(\d+)\]/g, '.$1'), message: fault ?? missing ?? message },
  ])
}

/** Gives errors that were masked the id under which the log has them, and logs them. */
export const useErrorLog = (log: Logger): Plugin => ({
  onResultProcess({ request, result }) {
    if (Array.isArray(result) || !('errors' in result)) return
    for (const error of result.errors ?? []) {
      if (error.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR') continue
      const requestId = requestIdOf(request)
      error.extensions['requestId'] = requestId
      log.error({ requestId, path: error.path, err: error.originalError }, 'unexpected error')
    }
  },
})
