import { GraphQLError } from 'graphql'
import { toApiError } from '../database/database-error.ts'
import { BadUserInput } from '../errors.ts'

export function maskError(error: unknown): GraphQLError {
  const expected = expectedError(error)
  const { nodes = null, path = null } = error instanceof GraphQLError ? error : {}
  if (!expected)
    return new GraphQLError('Internal server error. The server log contains details under the request id.', {
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

/** Converts a failed coercion of a variable, which graphql-js reports without a code, to BAD_USER_INPUT. */
function coercionError({ message, originalError }: GraphQLError): BadUserInput | null {
  const [, variable, missing] =
    /^Variable "\$(\w+)" (?:got invalid value|(of (?:required|non-null) type .*))/s.exec(message) ?? []
  if (!variable) return null
  if (missing) return new BadUserInput([{ path: variable, message: missing }])
  // The message consists of the value (arbitrary text), the path and the reason.
  const reason = originalError?.message ?? ''
  const path = / at "([\w.[\]]+)"$/.exec(message.slice(0, -`; ${reason}`.length))?.[1] ?? variable
  const field = /^Field "(\w+)"/.exec(reason)?.[1]
  return new BadUserInput([
    { path: path.replaceAll(/\[(\d+)\]/g, '.$1') + (field ? `.${field}` : ''), message: reason },
  ])
}
