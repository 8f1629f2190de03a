import { createYoga, useReadinessCheck, type YogaServerInstance } from 'graphql-yoga'
import type { Cors } from './cors.ts'
import type { PageContext, PagePlugin } from './page-requests.ts'

interface PagesOptions {
  readonly endpoint: string
  readonly cors: Cors
  /** Decides what /ready answers. */
  readonly isReady: () => Promise<boolean>
  readonly plugins: readonly PagePlugin[]
}

/** Yoga, for everything but GraphQL requests: GraphiQL and other pages, CORS preflight requests, /health and /ready. */
export type Pages = YogaServerInstance<PageContext, object>

/** Creates the server of pages. The plugins answer their paths; all others are 404. */
export const createPages = ({ endpoint, cors, isReady, plugins }: PagesOptions): Pages =>
  createYoga<PageContext>({
    graphqlEndpoint: endpoint,
    cors: cors.options,
    graphiql: false,
    landingPage: false,
    logging: false,
    multipart: false,
    parserAndValidationCache: false,
    plugins: [...plugins, useReadinessCheck({ check: isReady }), useNotFound()],
  })

/** True for the request of a browser that opens the endpoint as a page. */
export const wantsPage = (method: string, accept: string | null | undefined): boolean =>
  method === 'GET' && (accept?.includes('text/html') ?? false)

/** Ends every request that no plugin has answered: Yoga would parse it as GraphQL, without the endpoint's limits. */
const useNotFound = (): PagePlugin => ({
  onRequest({ endResponse, fetchAPI }) {
    endResponse(new fetchAPI.Response(null, { status: 404 }))
  },
})
