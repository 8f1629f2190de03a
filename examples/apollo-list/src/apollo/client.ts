import { ApolloClient, ApolloLink } from '@apollo/client'
import { OperationTypeNode } from 'graphql'
import { createCache } from './cache.ts'
import { createErrorLink, type ErrorHandlers } from './error-link.ts'
import { createHeaderLink } from './header-link.ts'
import { createHttpLink } from './http-link.ts'
import { createSocketLink } from './socket-link.ts'

interface ClientOptions extends ErrorHandlers {
  readonly uri: string
  readonly token: string | null
}

/** Creates a client for one session. Another user gets another client, with an empty cache. */
export const createClient = ({ uri, token, ...handlers }: ClientOptions) =>
  new ApolloClient({
    cache: createCache(),
    link: ApolloLink.from([
      createHeaderLink(token),
      createErrorLink(handlers),
      ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        createSocketLink({ uri, token, ...handlers }),
        createHttpLink(uri),
      ),
    ]),
  })
