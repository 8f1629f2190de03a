import type { CombinedError } from 'urql'
import { countText } from '../count-text.ts'
import type { ErrorCode } from '../generated/enums.ts'

/** A field that another user changed since the expected version. Values are texts, as in the history. */
export interface ConflictingField {
  readonly field: string
  readonly theirs: string | null
  readonly yours: string | null
}

/** The first error of a response. */
export interface ApiError {
  readonly code: ErrorCode | 'OFFLINE'
  /** Text for the user. */
  readonly message: string
  /** Of CONFLICT: the version of the ticket, and its fields that conflict. */
  readonly conflict: { readonly currentVersion: number; readonly fields: readonly ConflictingField[] } | null
}

interface Extensions {
  readonly code?: ErrorCode
  readonly retryAfter?: number
  readonly currentVersion?: number
  readonly fields?: readonly ConflictingField[]
  readonly requestId?: string
}

export function apiError({ graphQLErrors: [first] }: CombinedError): ApiError {
  if (!first) return { code: 'OFFLINE', message: 'The server cannot be reached. Try again.', conflict: null }
  const extensions: Extensions = first.extensions
  const { code = 'INTERNAL_SERVER_ERROR', currentVersion, fields } = extensions
  return {
    code,
    message: messageOf(code, first.message, extensions),
    conflict: currentVersion !== undefined && fields !== undefined ? { currentVersion, fields } : null,
  }
}

function messageOf(code: ErrorCode, message: string, { retryAfter, requestId }: Extensions): string {
  switch (code) {
    case 'RATE_LIMITED':
      return `Too many requests. Try again ${retryAfter ? `in ${countText(retryAfter, 'second')}` : 'later'}.`
    case 'UNAVAILABLE':
      return 'The server is busy. Try again.'
    case 'INTERNAL_SERVER_ERROR':
      return `The server reported an internal error (request ${requestId}).`
    default:
      return message
  }
}
