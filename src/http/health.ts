import { isRead, type PagePlugin } from './page-requests.ts'

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
