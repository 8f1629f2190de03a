import type { Logger } from 'pino'

export interface RequestSummary {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** `performance.now()` at the arrival of the request. */
  readonly start: number
  readonly operation?: string | undefined
  readonly cost?: number | undefined
  readonly user?: string | undefined
  readonly codes?: readonly string[] | undefined
}

export type RequestListener = (request: RequestSummary) => void

/** Of paths and names of operations, which clients choose. */
const maxLength = 200

/** Never logs variables, tokens or bodies. */
export const logRequests =
  (log: Logger): RequestListener =>
  ({ requestId, method, path, status, start, operation, codes, ...details }) => {
    const duration = Math.round((performance.now() - start) * 10) / 10
    const level = status >= 500 ? 'error' : 'info'
    const names = { path: path.slice(0, maxLength), operation: operation?.slice(0, maxLength) }
    log[level](
      { requestId, method, ...names, status, duration, ...details, ...(codes?.length && { codes }) },
      'request',
    )
  }
