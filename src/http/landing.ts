import { htmlResponse } from './html.ts'
import { isRead, type PagePlugin } from './page-requests.ts'

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
  <li><a href="/graphql">GraphiQL</a>: run queries and browse the documentation of the schema</li>
  <li><a href="/schema.graphql">Schema</a>: input for code generators</li>
  <li><code>POST /graphql</code> with <code>Authorization: Bearer snag_…</code>: API endpoint</li>
  <li><a href="/health">/health</a> and <a href="/ready">/ready</a>: health checks for monitoring</li>
</ul>
</html>
`

export const useLandingPage = (): PagePlugin => ({
  onRequest({ url, request, endResponse, fetchAPI }) {
    if (url.pathname !== '/' || !isRead(request.method)) return
    const { body, init } = htmlResponse(page)
    endResponse(new fetchAPI.Response(body, init))
  },
})
