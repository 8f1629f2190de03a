import { GraphQLError } from 'graphql'
import { toApiError } from '../database/database-error.ts'
import { BadUserInput } from '../errors.ts'

/** The error as the client may see it: expected errors unchanged, all others without details. */
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

/** A failed coercion of a variable as BAD_USER_INPUT: graphql-js reports it without a code. */
function coercionError({ message, originalError }: GraphQLError): BadUserInput | null {
  const [, variable, missing] =
    /^Variable "\$(\w+)" (?:got invalid value|(of (?:required|non-null) type .*))/s.exec(message) ?? []
  if (!variable) return null
  if (missing) return new BadUserInput([{ path: variable, message: missing }])
  // The message has the value, which may contain anything, then the path, then the error.
  const fault = originalError?.message ?? ''
  const path = / at "([\w.[\]]+)"$/.exec(message.slice(0, -`; ${fault}`.length))?.[1] ?? variable
  const field = /^Field "(\w+)"/.exec(fault)?.[1]
  return new BadUserInput([{ path: path.replaceAll(/\[(\d+)\]/g, '.$1') + (field ? `.${field}` : ''), message: fault }])
}
