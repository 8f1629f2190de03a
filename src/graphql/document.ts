import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { checkNesting, checkParameterLimits, maxTokens, measureDocument, tokenLimitError } from './document-limits.ts'
import { createOperation, type Operation, type OperationOptions } from './operation.ts'

export interface Document {
  readonly errors: readonly GraphQLError[]
  /**
   * The operation with the name, or the only one if `name` is null; otherwise null. Only for a document without
   * errors.
   */
  readonly operation: (name: string | null) => Operation | null
}

export interface DocumentOptions extends Pick<OperationOptions, 'compile' | 'onRun' | 'onGrowth'> {
  readonly schema: GraphQLSchema
  readonly suggestions: boolean
}

const maxValidationErrors = 20

/** Throws a syntax error, or QUERY_TOO_COMPLEX. */
export function parseDocument(query: string): DocumentNode {
  checkParameterLimits({ query })
  checkNesting(query)
  try {
    return parse(query, { maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw asDocumentError(tokenLimitError(error) ?? error, 'GRAPHQL_PARSE_FAILED')
  }
}

/** Validates a parsed query. */
export function createDocument(query: string, node: DocumentNode, options: DocumentOptions): Document {
  const { schema, suggestions } = options
  const { selections, errors: limitErrors } = measureDocument(node)
  const errors = (limitErrors.length > 0 ? limitErrors : validateDocument(schema, node, suggestions)).map((error) =>
    asDocumentError(error, 'GRAPHQL_VALIDATION_FAILED'),
  )
  const operations = new Map<string | null, Operation>()
  return {
    errors,
    operation(name) {
      const knownOperation = operations.get(name)
      if (knownOperation) return knownOperation
      const operation = createOperation({ ...options, document: node, name, query, selections })
      // Unknown names are not kept: a client could send any number of them.
      if (operation) operations.set(name, operation)
      return operation
    },
  }
}

function validateDocument(schema: GraphQLSchema, node: DocumentNode, suggestions: boolean): readonly GraphQLError[] {
  const errors = validate(schema, node, undefined, { maxErrors: maxValidationErrors, hideSuggestions: !suggestions })
  for (const error of errors) {
    // ScalarLeafsRule ignores hideSuggestions.
    if (!suggestions) error.message = error.message.replace(/ Did you mean "[^"]*"\?$/, '')
  }
  return errors
}

/** Adds the status that GraphQL over HTTP defines, and a code unless the error has one. */
export function asDocumentError<Type extends GraphQLError>(error: Type, code: string): Type {
  Object.assign(error.extensions, { code, ...error.extensions, http: { status: 400, spec: true } })
  return error
}
