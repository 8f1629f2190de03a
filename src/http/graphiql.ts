import type { GraphiQLOptions } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { Unauthenticated } from '../errors.ts'
import { errorResponse } from './error-response.ts'
import { examples } from './graphiql-examples.ts'
import { htmlResponse } from './html.ts'
import { isAuthenticated, isRead, type PagePlugin, requestIdOf } from './page-requests.ts'
import { wantsPage } from './pages.ts'

const options: GraphiQLOptions = {
  title: 'Snaglist GraphiQL',
  defaultTabs: examples.map(({ query, variables }) => ({
    query,
    variables: variables ? JSON.stringify(variables, null, 2) : null,
  })),
}

/**
 * Moves a token from the URL's fragment, which browsers do not send, to the session storage, and adds it to requests. Asks
 * before it replaces another token: the link may come from an attacker, who would see what the visitor does.
 */
const signInFromFragment = `<script>
(() => {
  const [, token] = /^#token=(snag_[\\w-]+)$/.exec(location.hash) ?? []
  if (token) {
    history.replaceState(null, '', location.pathname + location.search)
    const current = sessionStorage.getItem('snaglist:token')
    const question =
      'This link contains the token of another session. If you continue, this tab is signed out of your session, and its ' +
      'requests are sent as the user of the link, who can see what you do. Continue?'
    if (!current || current === token || window.confirm(question)) sessionStorage.setItem('snaglist:token', token)
  }
  const send = window.fetch
  window.fetch = (url, options = {}) => {
    const token = sessionStorage.getItem('snaglist:token')
    const headers = new Headers(options.headers)
    if (token && new URL(url, location.href).origin === location.origin && !headers.has('authorization'))
      headers.set('authorization', 'Bearer ' + token)
    return send(url, { ...options, headers })
  }
})()
</script>`

/** Shows the user of the tab, which a link may have chosen. Usernames are unique, unlike names. */
const viewerBadge = `<script>
(() => {
  const show = async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ query: '{ viewer { username } }' })
    const { data } = await (await fetch(location.pathname, { method: 'POST', headers, body })).json()
    if (!data?.viewer) return
    const badge = document.createElement('output')
    badge.textContent = 'Signed in as ' + data.viewer.username
    badge.style = 'position: fixed; bottom: 0; left: 50%; translate: -50%; z-index: 9; padding: 2px 12px; ' +
      'font: 13px system-ui, sans-serif; color: #fff; background: #555; border-radius: 6px 6px 0 0; pointer-events: none'
    document.body.append(badge)
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', show)
  else void show()
})()
</script>`

async function renderGraphiQL(): Promise<string> {
  // Nine megabytes: imported at the first use.
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql')
  return render(options).replace('</head>', () => `${signInFromFragment}\n${viewerBadge}</head>`)
}

const signInPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in to Snaglist</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 20rem; margin: 12vh auto; padding: 0 1.5rem }
  label, button { display: block; margin: 1rem 0 } input { display: block; width: 100%; font: inherit }
</style>
${signInFromFragment}
</head>
<body>
<h1>Snaglist</h1>
<form>
  <label>Username <input name="username" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in</button>
  <p role="alert"></p>
</form>
<script>
{
  const { nonce } = document.currentScript
  const key = 'snaglist:token'
  const open = async () => {
    if (!sessionStorage.getItem(key)) return
    const response = await fetch(location.pathname, { headers: { accept: 'text/html' } })
    if (response.status === 401) sessionStorage.removeItem(key)
    if (!response.ok) return
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    document.replaceChild(document.adoptNode(page.documentElement), document.documentElement)
    // Parsed scripts do not run, new ones do.
    for (const inert of document.querySelectorAll('script')) {
      const script = document.createElement('script')
      script.nonce = nonce
      script.textContent = inert.textContent
      inert.replaceWith(script)
    }
  }
  const form = document.querySelector('form')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const query = 'mutation SignIn($input: SignInInput!) { signIn(input: $input) { token } }'
    const variables = { input: Object.fromEntries(new FormData(form)) }
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(location.pathname, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
    const { data, errors } = await response.json()
    if (errors) return (document.querySelector('[role=alert]').textContent = errors[0].message)
    sessionStorage.setItem(key, data.signIn.token)
    await open()
  })
  void open()
}
</script>
</body>
</html>
`

interface SchemaPageOptions {
  readonly endpoint: string
  readonly printSortedSchema: () => string
  readonly log: Logger
}

/**
 * Serves GraphiQL and the schema file. With restricted introspection both require a token, and browsers get a sign-in
 * page.
 */
export const useSchemaPages = (
  { introspection }: Pick<Config, 'introspection'>,
  { endpoint, printSortedSchema, log }: SchemaPageOptions,
): PagePlugin => ({
  async onRequest({ request, url, endResponse, fetchAPI }) {
    const isEndpoint = url.pathname === endpoint || url.pathname === `${endpoint}/`
    const wantsGraphiQL = isEndpoint && wantsPage(request.method, request.headers.get('accept'))
    const wantsSchema = url.pathname === '/schema.graphql' && isRead(request.method)
    if (!wantsGraphiQL && !wantsSchema) return
    try {
      const isOpen = introspection === 'open' || isAuthenticated(request)
      if (wantsGraphiQL) {
        const { body, init } = isOpen ? htmlResponse(await renderGraphiQL()) : htmlResponse(signInPage, 401)
        return endResponse(new fetchAPI.Response(body, init))
      }
      if (!isOpen) throw new Unauthenticated(undefined, 401)
      const headers = { 'content-type': 'application/graphql; charset=utf-8' }
      endResponse(new fetchAPI.Response(printSortedSchema(), { headers }))
    } catch (error) {
      const { body, ...init } = errorResponse(error, { requestId: requestIdOf(request), log })
      endResponse(new fetchAPI.Response(body, init))
    }
  },
})
