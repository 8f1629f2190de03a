import type { FileHandle } from 'node:fs/promises'
import { GraphQLError, GraphQLScalarType } from 'graphql'

/** A file that came with a request: open until the request is answered, and gone from the disk with this process at the latest. */
export class Upload {
  readonly handle: FileHandle
  /** Its name where it comes from. */
  readonly name: string
  /** Aborted when the sender goes before the answer. */
  readonly signal: AbortSignal

  constructor(handle: FileHandle, name: string, signal: AbortSignal) {
    this.handle = handle
    this.name = name
    this.signal = signal
  }
}

/** The scalar Upload. */
export const UploadResolver = new GraphQLScalarType<Upload, never>({
  name: 'Upload',
  parseValue(value) {
    if (value instanceof Upload) return value
    throw new GraphQLError('Upload must be a file of a multipart request.')
  },
  parseLiteral: (node) => {
    throw new GraphQLError('Upload must be a variable of a multipart request.', { nodes: node })
  },
  serialize: () => {
    throw new GraphQLError('Upload is an input type.')
  },
})
