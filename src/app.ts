import { createYoga, useReadinessCheck } from 'graphql-yoga'
import type { Logger } from 'pino'
import { type Callers, openCallers } from './auth/caller.access.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { isMigrated } from './database/migrate.ts'
import type { Database } from './database/open.ts'
import { Unauthenticated } from './errors.ts'
import { useBodyLimit } from './http/body-limit.ts'
import { maskError, useErrorLog } from './http/errors.ts'
import { graphiqlOptions, renderGraphiQL } from './http/graphiql.ts'
import { useLandingPage } from './http/landing.ts'
import { useDocumentLimits } from './http/limits.ts'
import { requestIdOf, useRequestId } from './http/request-id.ts'
import { useRequestLog } from './http/request-log.ts'
import { printedSchema, schema } from './schema.ts'

export interface AppOptions {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  /** Whether the server is about to stop, so that /ready says no. */
  readonly isStopping?: () => boolean
}

const maxBodyBytes = 1_000_000

export type App = ReturnType<typeof createApp>

/** The whole HTTP interface as one request handler: for Node's http server, or in process by its `fetch`. */
export function createApp({ config, database, log, isStopping = () => false }: AppOptions) {
  const callers = openCallers(database)
  return createYoga({
    schema,
    context: ({ request }) => contextOf(request, callers, { config, database, log }),
    batching: false,
    multipart: false,
    maxRequestBodySize: false,
    // Given the whole list, Yoga answers others with "null", which is the origin of any page in a sandbox.
    cors: (request) => {
      const origin = request.headers.get('origin') ?? ''
      return (
        config.corsOrigins.includes(origin) && {
          origin,
          methods: ['GET', 'POST'],
          allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
          exposedHeaders: ['x-request-id'],
          credentials: false,
        }
      )
    },
    graphiql: graphiqlOptions,
    renderGraphiQL,
    landingPage: false,
    logging: false,
    maskedErrors: { maskError },
    plugins: [
      useRequestId(),
      useRequestLog(log),
      useErrorLog(log),
      useLandingPage(printedSchema),
      useReadinessCheck({ check: async () => !isStopping() && (await isMigrated(database.pool).catch(() => false)) }),
      useBodyLimit(maxBodyBytes),
      useDocumentLimits(),
      { onDispose: () => callers[Symbol.asyncDispose]() },
    ],
  })
}

async function contextOf(request: Request, callers: Callers, { config, database, log }: AppOptions): Promise<Context> {
  const authorization = request.headers.get('authorization')
  const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  const caller = secret ? await callers.find(secret) : null
  if (authorization && !caller)
    throw new Unauthenticated('The token is unknown, has expired or was revoked. Sign in again.', 401)
  const requestId = requestIdOf(request)
  return {
    config,
    prisma: database.prisma,
    log: log.child({ requestId }),
    requestId,
    viewer: caller?.viewer ?? null,
    token: caller?.token ?? null,
    callers,
    loaders: new Map(),
  }
}
