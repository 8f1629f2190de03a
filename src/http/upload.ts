import type { FileHandle } from 'node:fs/promises'
import { GraphQLError, GraphQLScalarType } from 'graphql'

/** An uploaded file without a name on disk, which is deleted when it is closed after the request. */
export class Upload {
  readonly handle: FileHandle
  readonly name: string
  readonly signal: AbortSignal

  constructor(handle: FileHandle, name: string, signal: AbortSignal) {
    this.handle = handle
    this.name = name
    this.signal = signal
  }
}

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
