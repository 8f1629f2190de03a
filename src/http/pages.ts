import { createYoga, useReadinessCheck, type YogaServerInstance } from 'graphql-yoga'
import type { Cors } from './cors.ts'
import type { PageContext, PagePlugin } from './page-requests.ts'

interface PagesOptions {
  readonly endpoint: string
  readonly cors: Cors
  readonly isReady: () => Promise<boolean>
  readonly plugins: readonly PagePlugin[]
}

export type Pages = YogaServerInstance<PageContext, object>

/** Uses Yoga for everything except GraphQL requests: pages, CORS preflight requests, /health and /ready. */
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

export const wantsPage = (method: string, accept: string | null | undefined): boolean =>
  method === 'GET' && (accept?.includes('text/html') ?? false)

/** Yoga would parse other requests as GraphQL, without the limits of the endpoint. */
const useNotFound = (): PagePlugin => ({
  onRequest({ endResponse, fetchAPI }) {
    endResponse(new fetchAPI.Response(null, { status: 404 }))
  },
})
