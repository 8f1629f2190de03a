import { CombinedGraphQLErrors } from '@apollo/client'

/** The extensions of the errors of Snaglist, which docs/errors.md describes. */
interface ErrorExtensions {
  readonly code?: string
  /** With BAD_USER_INPUT: the errors of the input, such as `{ path: 'input.title', message: 'must not be blank' }`. */
  readonly fieldErrors?: readonly { readonly path: string; readonly message: string }[]
  /** With CONFLICT: the fields that were changed since `expectedVersion`. */
  readonly fields?: readonly { readonly field: string; readonly theirs: unknown; readonly yours: unknown }[]
}

export const extensionsOf = (error: unknown): ErrorExtensions =>
  (CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions) || {}

/** The text for an error that belongs to no field of a form. */
export function messageOf(error: unknown): string {
  if (!CombinedGraphQLErrors.is(error)) return 'The server cannot be reached. Check the connection, and try again.'
  return error.errors.map(({ message }) => message).join(' ')
}
