import { getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import { requestIdOf } from './request-id.ts'

interface Trace {
  readonly start: number
  operation?: string | undefined
  user?: string | undefined
}

/** Logs one line for each request, when it is answered: never a variable, a token or a body. */
export function useRequestLog(log: Logger): Plugin<{ viewer?: { username: string } | null }> {
  const traces = new WeakMap<Request, Trace>()
  return {
    onRequest({ request }) {
      traces.set(request, { start: performance.now() })
    },
    onExecute({ args }) {
      const { request, viewer } = args.contextValue as { request: Request; viewer?: { username: string } | null }
      const trace = traces.get(request)
      if (!trace) return
      trace.operation = getOperationAST(args.document, args.operationName)?.name?.value
      trace.user = viewer?.username
    },
    onResponse({ request, response }) {
      const trace = traces.get(request)
      if (!trace) return
      const { start, ...known } = trace
      const level = response.status >= 500 ? 'error' : 'info'
      log[level](
        {
          requestId: requestIdOf(request),
          method: request.method,
          path: new URL(request.url).pathname,
          status: response.status,
          duration: Math.round((performance.now() - start) * 10) / 10,
          ...known,
        },
        'request',
      )
    },
  }
}
