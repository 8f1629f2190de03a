import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createDocument, type Document, type DocumentOptions, parseDocument } from './document.ts'
import { bytesPerCharacter } from './operation.ts'

export interface DocumentCache {
  readonly find: (query: string) => Document | undefined
  readonly read: (query: string) => Document
}

interface DocumentCacheOptions extends Pick<DocumentOptions, 'schema' | 'suggestions' | 'onRun'> {
  readonly compilation: boolean
}

const maxBytes = 50_000_000
const maxSeenDigests = 10_000

/** Caches documents from their second occurrence on, because documents with inlined values do not recur. */
export function createDocumentCache({ compilation, ...options }: DocumentCacheOptions): DocumentCache {
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
    const isRepeated = isRepeatedQuery(query)
    let bytes = query.length * bytesPerCharacter
    const document = createDocument(query, node, {
      ...options,
      compile: isRepeated && compilation,
      onGrowth(additionalBytes) {
        bytes += additionalBytes
        // An evicted document does not return to the cache.
        if (documents.peek(query) !== document) return
        // The cache ignores a new size for the same value.
        documents.delete(query)
        documents.set(query, document, { size: bytes })
      },
    })
    if (isRepeated && document.errors.length === 0) documents.set(query, document, { size: bytes })
    return document
  }
  const find = (query: string) => documents.get(query)
  return { find, read: (query) => find(query) ?? readNew(query) }
}
