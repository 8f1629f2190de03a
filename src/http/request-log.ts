import { getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Begun } from './entry.ts'
import { requestIdOf } from './request-id.ts'

/** What the log says of a request. */
interface Trace {
  readonly start: number
  operation?: string | undefined
  cost?: number | undefined
  user?: string | undefined
}

interface Answered extends Trace {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Writes the line of a request that was answered: never a variable, a token or a body. */
export function logRequest(log: Logger, { requestId, method, path, status, start, ...known }: Answered): void {
  const duration = Math.round((performance.now() - start) * 10) / 10
  log[status >= 500 ? 'error' : 'info']({ requestId, method, path, status, duration, ...known }, 'request')
}

/** Logs one line for each request, when it is answered. */
export function useRequestLog(log: Logger): Plugin<{ viewer?: { username: string } | null }> {
  const traces = new WeakMap<Request, Trace>()
  return {
    onRequest({ request, serverContext }) {
      const { begun } = serverContext as { begun?: Begun }
      const { start = performance.now(), operation, cost, context } = begun ?? {}
      traces.set(request, { start, operation, cost, user: context?.viewer?.username })
    },
    onExecute({ args }) {
      const { request, viewer } = args.contextValue as { request: Request; viewer?: { username: string } | null }
      const trace = traces.get(request)
      if (!trace) return
      trace.operation = getOperationAST(args.document, args.operationName)?.name?.value
      trace.user = viewer?.username
      return {
        onExecuteDone({ result }) {
          const { cost } = ('extensions' in result && result.extensions) as { cost?: { requested: number } }
          trace.cost = cost?.requested
        },
      }
    },
    onResponse({ request, response }) {
      const trace = traces.get(request)
      if (!trace) return
      const { start, operation, cost, user } = trace
      const { method, url } = request
      const path = new URL(url).pathname
      logRequest(log, {
        requestId: requestIdOf(request),
        method,
        path,
        status: response.status,
        start,
        operation,
        cost,
        user,
      })
    },
  }
}
