import { GraphQLError } from 'graphql'

/** An error in the input: the path of the argument, such as `input.title`, and a message without its subject. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

/** The input is invalid. Lists all errors. */
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

/** No valid token came with a request that needs one. As the whole request fails, `status` may say so in HTTP. */
export class Unauthenticated extends GraphQLError {
  constructor(message = 'Sign in first: send a token as "Authorization: Bearer snag_…".', status?: 401) {
    super(message, { extensions: { code: 'UNAUTHENTICATED', ...(status && { http: { status } }) } })
  }
}

/** The caller may see it, but may not do this. */
export class Forbidden extends GraphQLError {
  constructor(message: string, fieldErrors?: readonly FieldError[]) {
    super(message, { extensions: { code: 'FORBIDDEN', ...(fieldErrors && { fieldErrors }) } })
  }
}

/** There is none, or none that the caller may see: the answer does not tell which. */
export class NotFound extends GraphQLError {
  constructor(message: string, fieldErrors?: readonly FieldError[]) {
    super(message, { extensions: { code: 'NOT_FOUND', ...(fieldErrors && { fieldErrors }) } })
  }
}

/** Somebody else was faster: a version, a count or a unique name is not what the caller supposes. */
export class Conflict extends GraphQLError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message, { extensions: { code: 'CONFLICT', ...details } })
  }
}

/** A dependency of the server failed. The same request may succeed later. `cause` is logged, never sent. */
export class Unavailable extends GraphQLError {
  constructor(message = 'The database does not answer. Try again in a moment.', cause?: unknown) {
    super(message, { extensions: { code: 'UNAVAILABLE', http: { status: 503, headers: { 'Retry-After': '2' } } } })
    this.cause = cause
  }
}

/** A statement was cancelled, or waited too long for its turn. */
export class QueryTimedOut extends Unavailable {
  constructor() {
    super('The query timed out. Ask for a smaller page or narrow the filter.')
  }
}

/** The caller has closed the connection before the answer. */
export class CallerGone extends GraphQLError {
  constructor() {
    // What nginx logs in such a case; nobody is there to read it.
    super('The caller has gone.', { extensions: { code: 'CLIENT_CLOSED_REQUEST', http: { status: 499 } } })
  }
}

/** A document over one of the limits that are checked before it runs. */
export class QueryTooComplex extends GraphQLError {
  constructor(what: string, cost: number, limit: number) {
    super(`${what}: ${cost}, and at most ${limit} are allowed.`, {
      extensions: { code: 'QUERY_TOO_COMPLEX', cost, limit, http: { status: 400 } },
    })
  }
}

/** What an operation was answered with is longer than any text may be. */
export class AnswerTooLarge extends GraphQLError {
  constructor(limit: number) {
    super(
      `The answer has more than ${limit} characters. Ask for smaller pages or fewer fields; what was changed stands.`,
      {
        extensions: { code: 'QUERY_TOO_COMPLEX', limit, http: { status: 400 } },
      },
    )
  }
}

/** More than the caller may ask for now; `retryAfter` is in seconds. */
export class RateLimited extends GraphQLError {
  constructor(why: string, retryAfter: number, headers: Readonly<Record<string, string>> = {}) {
    super(`${why} Try again in ${retryAfter} seconds.`, {
      extensions: {
        code: 'RATE_LIMITED',
        retryAfter,
        http: { status: 429, headers: { ...headers, 'retry-after': String(retryAfter) } },
      },
    })
  }
}

/** The body is of a kind that is not read. */
export class UnsupportedContent extends GraphQLError {
  constructor(instead: string) {
    super(`The request's body cannot be read. ${instead}`, {
      extensions: { code: 'BAD_REQUEST', http: { status: 415 } },
    })
  }
}

/** The client accepts none of the content types of a result. */
export class NotAcceptable extends GraphQLError {
  constructor(types: readonly string[]) {
    super(`The Accept header allows none of the types of a result: ${types.join(', ')}.`, {
      extensions: { code: 'BAD_REQUEST', http: { status: 406 } },
    })
  }
}

/** A request that is not a GraphQL request; `spec` errors are HTTP 200 for clients that accept application/json. */
export class BadRequest extends GraphQLError {
  constructor(message: string, http: { status?: number; spec?: boolean; headers?: Record<string, string> } = {}) {
    super(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400, ...http } } })
  }
}

/** A document has no operation of the requested name, or several and no name was given. */
export class UnknownOperation extends GraphQLError {
  constructor() {
    super('Could not determine what operation to execute.', {
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
    })
  }
}

/** The request's body is over its limit. */
export class PayloadTooLarge extends GraphQLError {
  constructor(limit: number) {
    super(`The request's body is over ${limit} bytes.`, {
      extensions: { code: 'PAYLOAD_TOO_LARGE', http: { status: 413 } },
    })
  }
}
