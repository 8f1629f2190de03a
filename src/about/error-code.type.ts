import { builder } from '../builder.ts'

builder.enumType('ErrorCode', {
  description: 'Codes in `extensions.code` of errors. Messages may change, codes do not.',
  values: {
    UNAUTHENTICATED: {
      description: 'The token is missing, invalid, expired or revoked, or the credentials are wrong.',
    },
    FORBIDDEN: { description: 'Your role is insufficient, or the page has an origin that the server does not allow.' },
    NOT_FOUND: { description: 'The object does not exist, or you cannot see it.' },
    BAD_USER_INPUT: { description: 'The input is invalid: `extensions.fieldErrors` lists every error with its path.' },
    CONFLICT: { description: 'The version, the expected count, a unique name or an idempotency key conflicts.' },
    CURSOR_EXPIRED: {
      description: 'The changes after the cursor cannot be read: read your lists again and use their `changesCursor`.',
    },
    RESULT_HIDDEN: {
      description: 'The idempotent request took effect earlier, but since then you have lost access to its result.',
    },
    QUERY_TOO_COMPLEX: { description: 'The document, its variables, its cost or its result exceed a limit.' },
    PAYLOAD_TOO_LARGE: { description: 'The body of the request exceeds its limit.' },
    RATE_LIMITED: {
      description: 'Too many requests, points or attempts: retry after `extensions.retryAfter` seconds.',
    },
    GRAPHQL_PARSE_FAILED: { description: 'The document has a syntax error.' },
    GRAPHQL_VALIDATION_FAILED: { description: 'The document does not match the schema.' },
    OPERATION_RESOLUTION_FAILURE: { description: 'The document has no operation of the requested name.' },
    PERSISTED_QUERY_NOT_FOUND: { description: 'The server does not know the hash: send the document with it.' },
    PERSISTED_QUERY_NOT_SUPPORTED: { description: 'The version of `persistedQuery` is not 1: send the document.' },
    DOCUMENT_NOT_ALLOWED: { description: 'The server runs only the documents of its manifest.' },
    BATCHING_NOT_SUPPORTED: { description: 'The body is a list of operations: send a request for each.' },
    BAD_REQUEST: { description: 'The request is not a valid GraphQL request over HTTP.' },
    NOT_CONFIGURED: { description: 'The server lacks a setting, named in `extensions.setting`.' },
    UNAVAILABLE: { description: 'The database or the server has no capacity at the moment: retry later.' },
    INTERNAL_SERVER_ERROR: { description: 'A bug of the server, which logs it with `extensions.requestId`.' },
  },
})
