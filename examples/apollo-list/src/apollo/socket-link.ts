import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { createClient } from 'graphql-ws'

interface SocketOptions {
  readonly uri: string
  readonly token: string | null
  readonly onSessionEnd: () => void
}

/** Close code of a connection without a valid token. */
const unauthorized = 4401

/** A connection for all subscriptions, which is open while there are any. */
export const createSocketLink = ({ uri, token, onSessionEnd }: SocketOptions) =>
  new GraphQLWsLink(
    createClient({
      url: uri.replace(/^http/, 'ws'),
      connectionParams: { authorization: `Bearer ${token}` },
      // A repeated subscription would begin at its first cursor again.
      retryAttempts: 0,
      on: { closed: (event) => (event as CloseEvent).code === unauthorized && onSessionEnd() },
    }),
  )
