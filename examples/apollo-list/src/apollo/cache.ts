import { InMemoryCache } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import possibleTypes from '../generated/possible-types.ts'

export const createCache = () =>
  new InMemoryCache({
    ...possibleTypes,
    typePolicies: {
      // A change is read once.
      Change: { keyFields: false },
      Project: {
        fields: {
          // Each filter and order has a list of its own, to which the pages are appended.
          issues: relayStylePagination(['filter', 'orderBy']),
        },
      },
    },
  })
