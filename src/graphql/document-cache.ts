import { hash } from 'node:crypto'
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { LRUCache } from 'lru-cache'
import { checkParameterLimits, maxTokens, measureDocument, tokenExcess } from './document-limits.ts'
import { bytesPerCharacter, createOperation, type Operation, type OperationOptions } from './operation.ts'

/** A document that was parsed and validated. */
interface Document {
  readonly errors: readonly GraphQLError[]
  /** The operation with a name, or the only one; null if there is none to choose. Only for a document without errors. */
  readonly operation: (name: string | null) => Operation | null
}

/** Parses, validates and prepares documents, and keeps those that are in use. */
export interface DocumentCache {
  /** Reads a document. Throws QUERY_TOO_COMPLEX or GRAPHQL_PARSE_FAILED for a text that is not parsed. */
  readonly read: (query: string) => Document
}

interface DocumentCacheOptions extends Pick<OperationOptions, 'onRun'> {
  readonly schema: GraphQLSchema
  /** Suggests similar names in validation errors. */
  readonly suggestions: boolean
  /** Compiles queries with graphql-jit. */
  readonly compilation: boolean
}

const maxBytes = 50_000_000
const maxSeenDigests = 10_000
const maxValidationErrors = 20

/**
 * Creates a cache of documents that come at least twice: a document that comes once has its values written into it, and
 * never comes again. The least recently used documents are evicted above 50 MB.
 */
export function createDocumentCache({ schema, suggestions, compilation, onRun }: DocumentCacheOptions): DocumentCache {
  const documents = new LRUCache<string, Document>({ maxSize: maxBytes })
  const seen = new LRUCache<string, true>({ max: maxSeenDigests })
  const comesAgain = (query: string) => {
    const digest = hash('sha1', query, 'base64')
    const again = seen.has(digest)
    seen.set(digest, true)
    return again
  }
  const readNew = (query: string): Document => {
    const node = parseDocument(query)
    const { selections, excess } = measureDocument(node)
    const errors = (excess.length > 0 ? excess : validateDocument(schema, node, suggestions)).map((error) =>
      asDocumentError(error, 'GRAPHQL_VALIDATION_FAILED'),
    )
    const keep = errors.length === 0 && comesAgain(query)
    let bytes = query.length * bytesPerCharacter
    const operations = new Map<string | null, Operation>()
    const document: Document = {
      errors,
      operation: (name) => {
        const known = operations.get(name)
        if (known) return known
        const operation = createOperation({
          schema,
          document: node,
          name,
          query,
          selections,
          suggestions,
          compile: keep && compilation,
          onRun,
          onGrowth(more) {
            bytes += more
            // An evicted document lives as long as its requests, and does not return to the cache.
            if (documents.peek(query) !== document) return
            // For a value that is already set, the cache ignores a new size.
            documents.delete(query)
            documents.set(query, document, { size: bytes })
          },
        })
        // Unknown names are not kept: a client could send any number of them.
        if (operation) operations.set(name, operation)
        return operation
      },
    }
    if (keep) documents.set(query, document, { size: bytes })
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
    throw asDocumentError(tokenExcess(error) ?? error, 'GRAPHQL_PARSE_FAILED')
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

/** Gives an error of a document the status that GraphQL over HTTP defines, and a code unless it has one. */
function asDocumentError<Type extends GraphQLError>(error: Type, code: string): Type {
  Object.assign(error.extensions, { code, ...error.extensions, http: { status: 400, spec: true } })
  return error
}
