import { GraphQLError } from 'graphql'

/** An invalid argument: its path, such as `input.title`, and a message without its subject. */
export interface FieldError {
  readonly path: string
  readonly message: string
  /** Name of the variable that contains the value, if it does not match its type. */
  readonly variable?: string
}

const numberFormat = new Intl.NumberFormat('en')

export const formatNumber = (number: number): string => numberFormat.format(number)

export class BadUserInput extends GraphQLError {
  constructor(fieldErrors: readonly FieldError[]) {
    super(fieldErrors.map(({ path, message }) => `${path} ${message}`).join('; '), {
      extensions: { code: 'BAD_USER_INPUT', fieldErrors },
    })
  }
}

/** Prefixes the paths of the field errors of an error, and returns it. */
export function prefixPaths(path: string, error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error
  const fieldErrors = error.extensions['fieldErrors'] as FieldError[] | undefined
  if (fieldErrors)
    error.extensions['fieldErrors'] = fieldErrors.map((fieldError) => ({
      ...fieldError,
      path: `${path}.${fieldError.path}`,
    }))
  return error
}

/** `status` is the HTTP status if the whole request fails. */
export class Unauthenticated extends GraphQLError {
  constructor(message = 'Authentication required: send a token as "Authorization: Bearer snag_…".', status?: 401) {
    super(message, { extensions: { code: 'UNAUTHENTICATED', ...(status && { http: { status } }) } })
  }
}

export class Forbidden extends GraphQLError {
  constructor(message: string, fieldErrors?: readonly FieldError[]) {
    super(message, { extensions: { code: 'FORBIDDEN', ...(fieldErrors && { fieldErrors }) } })
  }
}

/** The Fetch Metadata of the request names a page of an origin that is not allowed. */
export class ForbiddenOrigin extends GraphQLError {
  constructor() {
    super(
      'Pages of other origins cannot send requests to this server, unless SNAGLIST_CORS_ORIGINS allows their origin.',
      {
        extensions: { code: 'FORBIDDEN', http: { status: 403 } },
      },
    )
  }
}

export class ReadOnlyToken extends Forbidden {
  constructor() {
    super('The token has scope READ. Mutations require a token with scope WRITE.')
  }
}

/** The message must not reveal whether the object exists. */
export class NotFound extends GraphQLError {
  constructor(message: string, fieldErrors?: readonly FieldError[]) {
    super(message, { extensions: { code: 'NOT_FOUND', ...(fieldErrors && { fieldErrors }) } })
  }
}

export class Conflict extends GraphQLError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message, { extensions: { code: 'CONFLICT', ...details } })
  }
}

/** The result of a repeated idempotent request contains objects that are now hidden from the viewer. */
export class ResultHidden extends GraphQLError {
  constructor() {
    super('The request took effect when it was first sent, but since then you have lost access to its result.', {
      extensions: { code: 'RESULT_HIDDEN' },
    })
  }
}

/** The changes after a cursor are unknown to this server, or others than the viewer may see now. */
export class CursorExpired extends GraphQLError {
  constructor(reason: string) {
    super(`${reason} Read your lists again, and continue from their \`changesCursor\`.`, {
      extensions: { code: 'CURSOR_EXPIRED' },
    })
  }
}

/** The server lacks a setting. */
export class NotConfigured extends GraphQLError {
  constructor(purpose: string, setting: string) {
    super(`${purpose} requires the setting ${setting} of the server. See docs/configuration.md.`, {
      extensions: { code: 'NOT_CONFIGURED', setting },
    })
  }
}

/** The same request may succeed later. `cause` is logged, never sent. */
export class Unavailable extends GraphQLError {
  constructor(message = 'The database does not respond. Try again in a moment.', cause?: unknown) {
    super(message, { extensions: { code: 'UNAVAILABLE', http: { status: 503, headers: { 'Retry-After': '2' } } } })
    this.cause = cause
  }
}

export class QueryTimeout extends Unavailable {
  constructor() {
    super('The query timed out. Request a smaller page or narrow the filter.')
  }
}

/** Only logged, as no client receives it; 499 is the status that nginx logs. */
export class ClientDisconnected extends GraphQLError {
  constructor() {
    super('The client disconnected before the response.', {
      extensions: { code: 'CLIENT_CLOSED_REQUEST', http: { status: 499 } },
    })
  }
}

export class QueryTooComplex extends GraphQLError {
  constructor(message: string, cost: number, limit: number) {
    super(message, { extensions: { code: 'QUERY_TOO_COMPLEX', cost, limit, http: { status: 400 } } })
  }
}

export class ResultTooLarge extends GraphQLError {
  constructor(limit: number) {
    super(
      `The result exceeds the limit of ${formatNumber(limit)} characters. Request smaller pages or fewer fields. Changes made by mutations were saved.`,
      { extensions: { code: 'QUERY_TOO_COMPLEX', limit, http: { status: 400 } } },
    )
  }
}

export class RateLimited extends GraphQLError {
  constructor(reason: string, retryAfterSeconds: number, headers: Readonly<Record<string, string>> = {}) {
    super(`${reason} Try again in ${retryAfterSeconds} seconds.`, {
      extensions: {
        code: 'RATE_LIMITED',
        retryAfter: retryAfterSeconds,
        http: { status: 429, headers: { ...headers, 'retry-after': String(retryAfterSeconds) } },
      },
    })
  }
}

export class UnsupportedContent extends GraphQLError {
  constructor(remedy: string) {
    super(`Unsupported request body. ${remedy}`, {
      extensions: { code: 'BAD_REQUEST', http: { status: 415 } },
    })
  }
}

export class NotAcceptable extends GraphQLError {
  constructor(types: readonly string[]) {
    super(`The Accept header allows none of the supported media types. Accept ${types.join(' or ')}.`, {
      extensions: { code: 'BAD_REQUEST', http: { status: 406 } },
    })
  }
}

/** Clients of automatic persisted queries recognize the messages, and then send the whole document. */
export class PersistedQueryNotFound extends GraphQLError {
  constructor() {
    super('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } })
  }
}

export class PersistedQueryNotSupported extends GraphQLError {
  constructor() {
    super('PersistedQueryNotSupported', { extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } })
  }
}

/** Clients that batch expect a list with a result for each operation. */
export class BatchingNotSupported extends GraphQLError {
  readonly operationCount: number

  constructor(operationCount: number) {
    super('Batching is not supported. Send a request for each operation, or one operation with several fields.', {
      extensions: { code: 'BATCHING_NOT_SUPPORTED' },
    })
    this.operationCount = operationCount
  }
}

/** The document is not in the manifest of a server that runs no others. */
export class DocumentNotAllowed extends GraphQLError {
  constructor() {
    super(
      'This server runs only the documents of its manifest (SNAGLIST_DOCUMENTS_ONLY). Send one of their ids as "documentId".',
      {
        extensions: { code: 'DOCUMENT_NOT_ALLOWED', http: { status: 403 } },
      },
    )
  }
}

/** An invalid request over HTTP. */
export class BadRequest extends GraphQLError {
  constructor(message: string, http: { status?: number; headers?: Record<string, string> } = {}) {
    super(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400, ...http } } })
  }
}

export class UnknownOperation extends GraphQLError {
  constructor() {
    super('Could not determine what operation to execute.', {
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
    })
  }
}

export class PayloadTooLarge extends GraphQLError {
  constructor(limit: number) {
    super(`The request exceeds the limit of ${formatNumber(limit)} bytes. Split it into several requests.`, {
      extensions: { code: 'PAYLOAD_TOO_LARGE', http: { status: 413 } },
    })
  }
}
