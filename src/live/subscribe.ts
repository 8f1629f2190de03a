import { fieldCostsOf } from '../graphql/cost.ts'
import type { SubscriptionRequest } from '../graphql/endpoint.ts'
import { chargeCost } from '../graphql/execute.ts'
import { bearerToken } from '../http/bearer-token.ts'
import type { ResultStream } from '../http/event-stream.ts'
import type { Rates } from '../http/rates.ts'
import type { ViewerCache } from '../viewer.ts'
import type { Streams } from './streams.ts'

interface SubscribeOptions {
  readonly rates: Rates
  readonly viewerCache: ViewerCache
  readonly streams: Streams
}

/** Throws QUERY_TOO_COMPLEX, RATE_LIMITED or UNAVAILABLE if the viewer may not open a stream. */
export type Subscribe = (request: SubscriptionRequest) => Promise<ResultStream>

/** A stream costs as much as its first batch. */
export const createSubscribe =
  ({ rates, viewerCache, streams }: SubscribeOptions): Subscribe =>
  async ({ operation, context, variables, authorization }) => {
    const size = await context.readDatabaseSize()
    await chargeCost(operation, context, fieldCostsOf(operation.costs, { variables, size }), rates)
    const secret = bearerToken(authorization ?? '')
    const authenticate = async () => (secret === null ? null : viewerCache.find(secret))
    return streams.open({ operation, context, variables, authenticate })
  }
