import { createHash } from 'node:crypto'
import type { GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import { BadRequest, DocumentNotAllowed, PersistedQueryNotFound, PersistedQueryNotSupported } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import { createOpenDocumentTest } from './anonymous-documents.ts'
import { parseDocument } from './document.ts'
import { importDocument } from './import-document.ts'
import type { Parameters } from './parameters.ts'

/** Texts by their ids, without the prefix "sha256:". */
export type DocumentManifest = ReadonlyMap<string, string>

export interface PersistedDocuments {
  /**
   * The text of the document that the parameters contain or identify. Throws PERSISTED_QUERY_NOT_FOUND for an unknown hash,
   * after which clients send it with the text, and DOCUMENT_NOT_ALLOWED.
   */
  readonly textOf: (parameters: Parameters, viewer: Viewer | null) => string
  /** Registers a valid document that was sent with its hash. */
  readonly register: (parameters: Parameters) => void
}

interface PersistedDocumentOptions {
  readonly manifest: DocumentManifest
  /**
   * Runs only documents of the manifest, except those of ADMINs, of the command `import`, and those that need no token.
   */
  readonly isExclusive: boolean
  readonly schema: GraphQLSchema
}

const maxOpenCharacters = 1000
const maxBytes = 20_000_000
const bytesPerEntry = 500
const bytesPerCharacter = 2

/**
 * Finds documents of the manifest, and those that signed-in clients have registered (automatic persisted queries):
 * https://www.apollographql.com/docs/apollo-server/performance/apq
 */
export function createPersistedDocuments({
  manifest,
  isExclusive,
  schema,
}: PersistedDocumentOptions): PersistedDocuments {
  const registered = new LRUCache<string, string>({
    maxSize: maxBytes,
    sizeCalculation: (text) => bytesPerEntry + text.length * bytesPerCharacter,
  })
  const knownTexts = new Set([...manifest.values(), importDocument])
  const needsNoToken = createOpenDocumentTest(schema)
  const find = (hash: string): string => {
    const text = manifest.get(hash) ?? registered.get(hash)
    if (text === undefined) throw new PersistedQueryNotFound()
    return text
  }
  const read = ({ query, documentId, persistedQuery }: Parameters): string => {
    if (documentId) return find(parseHash(documentId))
    if (!persistedQuery) return query ?? ''
    if (persistedQuery.version !== 1) throw new PersistedQueryNotSupported()
    const hash = parseHash(persistedQuery.sha256Hash)
    if (query === null) return find(hash)
    if (hashOf(query) !== hash) throw new BadRequest('"sha256Hash" is not the SHA-256 of the query.')
    return query
  }
  const isAllowed = (text: string, viewer: Viewer | null) =>
    !isExclusive ||
    viewer?.role === 'ADMIN' ||
    knownTexts.has(text) ||
    (text.length <= maxOpenCharacters && needsNoToken(parseDocument(text)))
  return {
    textOf(parameters, viewer) {
      const text = read(parameters)
      if (!isAllowed(text, viewer)) throw new DocumentNotAllowed()
      return text
    },
    register({ query, persistedQuery }) {
      if (query === null || !persistedQuery) return
      const hash = parseHash(persistedQuery.sha256Hash)
      if (!manifest.has(hash)) registered.set(hash, query)
    },
  }
}

export const parseHash = (id: string): string => id.replace(/^sha256:/, '').toLowerCase()

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
