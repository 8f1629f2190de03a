import { htmlResponse } from './html.ts'
import type { PagePlugin } from './page-requests.ts'

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Snaglist</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 12vh auto; padding: 0 1.5rem }
  h1 { margin: 0 0 .5rem } li { margin: .4rem 0 } code { font-size: .95em }
</style>
<h1>Snaglist</h1>
<p>A GraphQL API for production defects and software issues.</p>
<ul>
  <li><a href="/graphql">GraphiQL</a>: try queries and read what each field means</li>
  <li><a href="/schema.graphql">The schema</a>, for tools that generate code</li>
  <li><code>POST /graphql</code> with <code>Authorization: Bearer snag_…</code>: the API</li>
  <li><a href="/health">/health</a> and <a href="/ready">/ready</a>: for whoever keeps it running</li>
</ul>
</html>
`

/** The page at /. */
export const useLandingPage = (): PagePlugin => ({
  onRequest({ url, request, endResponse, fetchAPI }) {
    if (url.pathname !== '/' || !['GET', 'HEAD'].includes(request.method)) return
    const { body, init } = htmlResponse(page)
    endResponse(new fetchAPI.Response(body, init))
  },
})
