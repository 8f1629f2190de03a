import { GraphQLError } from 'graphql'
import { toApiError } from '../database/database-error.ts'

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
  if (error instanceof GraphQLError && !error.originalError) return error
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
