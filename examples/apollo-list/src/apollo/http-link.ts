import { ApolloLink } from '@apollo/client'
import { HttpLink } from '@apollo/client/link/http'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs'
import { OperationTypeNode } from 'graphql'

/**
 * Queries are sent by GET with the hash of their text, and once by POST with the text if the server does not know it.
 * Mutations are sent by POST, as a multipart request if a variable is a file.
 */
export const createHttpLink = (uri: string) =>
  ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.MUTATION,
    new UploadHttpLink({ uri }),
    new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(new HttpLink({ uri })),
  )

/** The hash in hexadecimal digits. Browsers have `crypto.subtle` on pages of https and of localhost only. */
async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return new Uint8Array(hash).toHex()
}
