import { cacheExchange } from '@urql/exchange-graphcache'
import { retryExchange } from '@urql/exchange-retry'
import { Client, fetchExchange, mapExchange } from 'urql'
import { readToken, storeToken } from '../session/token.ts'
import { cacheConfig } from './cache.ts'
import { apiError } from './errors.ts'

const url = import.meta.env['VITE_SNAGLIST_URL'] ?? 'http://localhost:4000/graphql'

/** Creates a client with an empty cache. Each session needs its own, since its cache contains what its user may see. */
export const createClient = (token: string | null): Client =>
  new Client({
    url,
    preferGetMethod: false,
    // Subscriptions are streams of server-sent events.
    fetchSubscriptions: true,
    fetchOptions: { headers: token === null ? {} : { authorization: `Bearer ${token}` } },
    exchanges: [
      mapExchange({
        onError(error) {
          // The session has ended, and the user has not signed in again since. A failed sign-in has no token.
          const isCurrent = token !== null && token === readToken()
          if (isCurrent && apiError(error).code === 'UNAUTHENTICATED') storeToken(null)
        },
      }),
      cacheExchange(cacheConfig),
      retryExchange({
        maxNumberAttempts: 3,
        initialDelayMs: 1000,
        // A mutation may have taken effect although its response was lost.
        retryIf: (error, { kind }) =>
          kind === 'query' && (error.networkError !== undefined || apiError(error).code === 'UNAVAILABLE'),
      }),
      fetchExchange,
    ],
  })
