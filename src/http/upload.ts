import type { FileHandle } from 'node:fs/promises'
import { GraphQLError, GraphQLScalarType } from 'graphql'

/** A file without a name on disk, which is deleted when it is closed after the request. */
export interface StoredFile {
  readonly handle: FileHandle
  readonly name: string
}

/** A file of a multipart request, which is stored before the operation runs. */
export class Upload {
  readonly signal: AbortSignal
  private file: StoredFile | null = null

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  get isStored(): boolean {
    return this.file !== null
  }

  get stored(): StoredFile {
    if (!this.file) throw new Error('The file has not been received.')
    return this.file
  }

  store(file: StoredFile): void {
    this.file = file
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
