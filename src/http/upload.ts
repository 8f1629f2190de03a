import { GraphQLError, GraphQLScalarType } from 'graphql'

/** A file that came with a request, kept on disk until the request is answered. */
export class Upload {
  readonly path: string
  /** Its name where it comes from. */
  readonly name: string
  /** Aborted when the sender goes before the answer. */
  readonly signal: AbortSignal

  constructor(path: string, name: string, signal: AbortSignal) {
    this.path = path
    this.name = name
    this.signal = signal
  }
}

/** The scalar Upload. */
export const UploadResolver = new GraphQLScalarType<Upload, never>({
  name: 'Upload',
  parseValue(value) {
    if (value instanceof Upload) return value
    throw new GraphQLError('An Upload is a file of a multipart request.')
  },
  parseLiteral: (node) => {
    throw new GraphQLError('An Upload is a file of a multipart request: give it as a variable.', { nodes: node })
  },
  serialize: () => {
    throw new GraphQLError('Upload is only for input.')
  },
})
