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
  /** The codes of the errors in the answer. */
  codes?: readonly string[]
}

/** A request that was answered. */
export interface Answered extends Trace {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Told of each request when it is answered. */
export type Tell = (request: Answered) => void

/** Writes the line of each request that was answered: never a variable, a token or a body. */
export const logRequests =
  (log: Logger): Tell =>
  ({ requestId, method, path, status, start, codes, ...known }) => {
    const duration = Math.round((performance.now() - start) * 10) / 10
    const level = status >= 500 ? 'error' : 'info'
    log[level]({ requestId, method, path, status, duration, ...known, ...(codes?.length && { codes }) }, 'request')
  }

/** Tells of the requests that Yoga answers. */
export function useRequestLog(tell: Tell): Plugin<{ viewer?: { username: string } | null }> {
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
    onResultProcess({ request, result }) {
      const trace = traces.get(request)
      const errors = !Array.isArray(result) && 'errors' in result ? result.errors : undefined
      if (trace && errors) trace.codes = errors.map(({ extensions }) => String(extensions?.['code']))
    },
    onResponse({ request, response }) {
      const trace = traces.get(request)
      if (!trace) return
      const { method, url } = request
      const path = new URL(url).pathname
      tell({ requestId: requestIdOf(request), method, path, status: response.status, ...trace })
    },
  }
}
