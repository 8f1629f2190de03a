import type { Context } from '../context.ts'
import { type RateLimited, UnknownOperation } from '../errors.ts'
import type { ReadAnonymousDocument } from './anonymous-documents.ts'
import type { Operation } from './operation.ts'
import type { Parameters } from './parameters.ts'
import type { PersistedDocuments } from './persisted-documents.ts'

/** Throws all errors of the document. `refusal` is thrown for a document that takes time to read. */
export type ReadOperation = (
  parameters: Parameters,
  context: Context,
  refusal?: RateLimited | null,
) => Promise<Operation>

interface ReaderOptions {
  readonly documents: PersistedDocuments
  readonly readAnonymousDocument: ReadAnonymousDocument
}

/** Finds the document of a request, and selects its operation. */
export const createOperationReader =
  ({ documents, readAnonymousDocument }: ReaderOptions): ReadOperation =>
  async (parameters, context, refusal = null) => {
    const query = documents.textOf(parameters, context.viewer)
    const document = await (context.viewer
      ? context.readDocument(query)
      : readAnonymousDocument(query, context, refusal))
    if (document.errors.length > 0) throw new AggregateError(document.errors)
    const operation = document.operation(parameters.operationName ?? null)
    if (!operation) throw new UnknownOperation()
    if (context.viewer) documents.register(parameters)
    return operation
  }
