import { createYoga, useReadinessCheck, type YogaServerInstance } from 'graphql-yoga'
import type { Cors } from './cors.ts'
import type { PageContext, PagePlugin } from './page-requests.ts'

interface PagesOptions {
  readonly endpoint: string
  readonly cors: Cors
  readonly isHealthy: () => boolean
  readonly isReady: () => Promise<boolean>
  readonly plugins: readonly PagePlugin[]
}

export type Pages = YogaServerInstance<PageContext, object>

/** Uses Yoga for everything except GraphQL requests: pages, CORS preflight requests, /health and /ready. */
export const createPages = ({ endpoint, cors, isHealthy, isReady, plugins }: PagesOptions): Pages =>
  createYoga<PageContext>({
    graphqlEndpoint: endpoint,
    cors: cors.options,
    graphiql: false,
    landingPage: false,
    logging: false,
    multipart: false,
    parserAndValidationCache: false,
    // Yoga's health check always succeeds, for every URL that ends with its path. No URL contains a space.
    healthCheckEndpoint: ' ',
    plugins: [...plugins, useHealthCheck(isHealthy), useReadinessCheck({ check: isReady }), useNotFound()],
  })

export const wantsPage = (method: string, accept: string | null | undefined): boolean =>
  method === 'GET' && (accept?.includes('text/html') ?? false)

const useHealthCheck = (isHealthy: () => boolean): PagePlugin => ({
  onRequest({ url, endResponse, fetchAPI }) {
    if (url.pathname === '/health') endResponse(new fetchAPI.Response(null, { status: isHealthy() ? 200 : 503 }))
  },
})

/** Yoga would parse other requests as GraphQL, without the limits of the endpoint. */
const useNotFound = (): PagePlugin => ({
  onRequest({ endResponse, fetchAPI }) {
    endResponse(new fetchAPI.Response(null, { status: 404 }))
  },
})
