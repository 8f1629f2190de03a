import { isRead, type PagePlugin } from './page-requests.ts'

const maxAgeMilliseconds = 1000

/** Serves /health and /ready with status 200 or 503. */
export function useHealthChecks({
  isHealthy,
  isReady,
}: {
  readonly isHealthy: () => boolean
  readonly isReady: () => Promise<boolean>
}): PagePlugin {
  return {
    async onRequest({ url, request, endResponse, fetchAPI }) {
      if (!isRead(request.method)) return
      if (url.pathname === '/health') endResponse(new fetchAPI.Response(null, { status: isHealthy() ? 200 : 503 }))
      if (url.pathname === '/ready') endResponse(new fetchAPI.Response(null, { status: (await isReady()) ? 200 : 503 }))
    },
  }
}

/**
 * Limits how often `check` runs, because health checks have no rate limit: concurrent calls wait for one run, whose result
 * is returned for another second.
 */
export function reuseResults<Result>(check: () => Promise<Result>): () => Promise<Result> {
  let run: Promise<Result> | undefined
  let expiresAt = 0
  return () => {
    if (run && performance.now() < expiresAt) return run
    expiresAt = Infinity
    run = check().finally(() => {
      expiresAt = performance.now() + maxAgeMilliseconds
    })
    return run
  }
}
