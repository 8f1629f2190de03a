import { hash } from 'node:crypto'
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { LRUCache } from 'lru-cache'
import { checkParameterLimits, maxTokens, measureDocument, tokenLimitError } from './document-limits.ts'
import { bytesPerCharacter, createOperation, type Operation, type OperationOptions } from './operation.ts'

interface Document {
  readonly errors: readonly GraphQLError[]
  /**
   * The operation with the name, or the only one if `name` is null; otherwise null. Only for a document without
   * errors.
   */
  readonly operation: (name: string | null) => Operation | null
}

export interface DocumentCache {
  readonly read: (query: string) => Document
}

interface DocumentCacheOptions extends Pick<OperationOptions, 'onRun'> {
  readonly schema: GraphQLSchema
  readonly suggestions: boolean
  readonly compilation: boolean
}

const maxBytes = 50_000_000
const maxSeenDigests = 10_000
const maxValidationErrors = 20

/** Caches documents from their second occurrence on, because documents with inlined values do not recur. */
export function createDocumentCache({ schema, suggestions, compilation, onRun }: DocumentCacheOptions): DocumentCache {
  const documents = new LRUCache<string, Document>({ maxSize: maxBytes })
  const seenDigests = new LRUCache<string, true>({ max: maxSeenDigests })
  const isRepeatedQuery = (query: string) => {
    const digest = hash('sha1', query, 'base64')
    const isRepeated = seenDigests.has(digest)
    seenDigests.set(digest, true)
    return isRepeated
  }
  const readNew = (query: string): Document => {
    const node = parseDocument(query)
    const { selections, errors: limitErrors } = measureDocument(node)
    const errors = (limitErrors.length > 0 ? limitErrors : validateDocument(schema, node, suggestions)).map((error) =>
      asDocumentError(error, 'GRAPHQL_VALIDATION_FAILED'),
    )
    const isCached = errors.length === 0 && isRepeatedQuery(query)
    let bytes = query.length * bytesPerCharacter
    const operations = new Map<string | null, Operation>()
    const document: Document = {
      errors,
      operation: (name) => {
        const cachedOperation = operations.get(name)
        if (cachedOperation) return cachedOperation
        const operation = createOperation({
          schema,
          document: node,
          name,
          query,
          selections,
          suggestions,
          compile: isCached && compilation,
          onRun,
          onGrowth(additionalBytes) {
            bytes += additionalBytes
            // An evicted document does not return to the cache.
            if (documents.peek(query) !== document) return
            // The cache ignores a new size for the same value.
            documents.delete(query)
            documents.set(query, document, { size: bytes })
          },
        })
        // Unknown names are not cached: a client could send any number of them.
        if (operation) operations.set(name, operation)
        return operation
      },
    }
    if (isCached) documents.set(query, document, { size: bytes })
    return document
  }
  return { read: (query) => documents.get(query) ?? readNew(query) }
}

function parseDocument(query: string): DocumentNode {
  checkParameterLimits({ query })
  try {
    return parse(query, { maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw asDocumentError(tokenLimitError(error) ?? error, 'GRAPHQL_PARSE_FAILED')
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
function asDocumentError<Type extends GraphQLError>(error: Type, code: string): Type {
  Object.assign(error.extensions, { code, ...error.extensions, http: { status: 400, spec: true } })
  return error
}
