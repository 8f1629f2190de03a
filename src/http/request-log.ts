import type { Logger } from 'pino'

/** A completed request. */
export interface RequestSummary {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** `performance.now()` at the arrival of the request. */
  readonly start: number
  readonly operation?: string | undefined
  /** Points. */
  readonly cost?: number | undefined
  /** The user's username. */
  readonly user?: string | undefined
  /** The codes of the errors in the response. */
  readonly codes?: readonly string[] | undefined
}

/** Called for each request once its response is complete. */
export type RequestListener = (request: RequestSummary) => void

/** Logs a line per request, without variables, tokens and bodies. */
export const logRequests =
  (log: Logger): RequestListener =>
  ({ requestId, method, path, status, start, codes, ...details }) => {
    const duration = Math.round((performance.now() - start) * 10) / 10
    const level = status >= 500 ? 'error' : 'info'
    log[level]({ requestId, method, path, status, duration, ...details, ...(codes?.length && { codes }) }, 'request')
  }
