import type { IncomingMessage, ServerResponse } from 'node:http'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import { BadRequest } from '../errors.ts'
import { errorPage, isRead, type PageContext, type PagePlugin } from './page-requests.ts'

interface PagesOptions {
  readonly endpoint: string
  /** True for the paths that the plugins serve, in addition to the endpoint. */
  readonly isServed: (path: string) => boolean
  readonly plugins: readonly PagePlugin[]
  readonly log: Logger
}

type Yoga = YogaServerInstance<PageContext, object>

export interface Pages {
  readonly handle: (request: IncomingMessage, response: ServerResponse, context: PageContext) => Promise<void>
  readonly fetch: (url: string, init: RequestInit, context: PageContext) => Promise<Response>
  readonly dispose: () => Promise<void>
}

/** Uses Yoga, loaded by the first request, for everything except GraphQL and CORS preflight requests. */
export function createPages(options: PagesOptions): Pages {
  let yoga: Promise<Yoga> | undefined
  const load = () => {
    yoga ??= loadYoga(options).catch((error) => {
      yoga = undefined
      throw error
    })
    return yoga
  }
  return {
    handle: async (request, response, context) => void (await (await load()).handle(request, response, context)),
    fetch: async (url, init, context) => (await load()).fetch(url, init, context),
    dispose: async () => {
      await (await yoga?.catch(() => null))?.dispose()
    },
  }
}

async function loadYoga(options: PagesOptions): Promise<Yoga> {
  const { createYoga } = await import('graphql-yoga')
  return createYoga<PageContext>({
    graphqlEndpoint: options.endpoint,
    cors: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    multipart: false,
    parserAndValidationCache: false,
    // Yoga's check responds to every URL that ends with this text. No URL contains a space.
    healthCheckEndpoint: ' ',
    plugins: [...options.plugins, useUnhandled(options)],
  })
}

export const wantsPage = (method: string, accept: string | null | undefined): boolean =>
  isRead(method) && /text\/html/i.test(accept ?? '')

/** Yoga would parse other requests as GraphQL, without the limits of the endpoint. */
const useUnhandled = ({ isServed, log }: PagesOptions): PagePlugin => ({
  onRequest({ request, url, endResponse, fetchAPI }) {
    if (!isServed(url.pathname)) return endResponse(new fetchAPI.Response('Not found\n', { status: 404 }))
    const error = new BadRequest('This path supports only GET and HEAD requests.', {
      status: 405,
      headers: { allow: 'GET, HEAD' },
    })
    endResponse(errorPage(error, request, log))
  },
})
