import { startAccount } from './account.js'
import { startSearch } from './docs-search.js'
import { enableDownloads } from './download.js'

const byId = (id) => document.getElementById(id)
const { introspection, restricted } = document.documentElement.dataset
const isOpen = introspection === 'open'

byId('menu').addEventListener('click', () => {
  const isExpanded = byId('menu').getAttribute('aria-expanded') !== 'true'
  byId('menu').setAttribute('aria-expanded', String(isExpanded))
})

/** Marks the link to the last heading that the visitor has scrolled to. */
function followHeadings() {
  const links = new Map([...byId('contents').querySelectorAll('a')].map((link) => [link.hash.slice(1), link]))
  const headings = [...links.keys()].map(byId)
  let current
  const mark = () => {
    const heading = headings.findLast((element) => element.getBoundingClientRect().top < 120) ?? headings[0]
    if (heading === current) return
    current = heading
    for (const link of links.values()) link.removeAttribute('aria-current')
    links.get(heading.id).setAttribute('aria-current', 'location')
    const contents = byId('contents')
    contents.scrollTop = links.get(heading.id).offsetTop - contents.clientHeight / 2
  }
  if (headings.length === 0) return
  addEventListener('scroll', mark, { passive: true })
  mark()
}

/** Replaces the request to sign in with the page, which the browser requests without the token. */
async function loadPage(session) {
  const headers = { authorization: `Bearer ${session.token}` }
  const response = await fetch(location.pathname, { headers })
  if (!response.ok) return
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  for (const id of ['article', 'contents']) byId(id).replaceWith(document.adoptNode(page.getElementById(id)))
  followHeadings()
  byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
}

followHeadings()
const starting = startAccount()
startSearch({
  async load() {
    const session = await starting
    const get = async (path, headers = {}) => (await fetch(path, { headers })).json()
    const sections = await get('/docs/search.json')
    if (!isOpen && !session.viewer) return sections
    const headers = session.viewer ? { authorization: `Bearer ${session.token}` } : {}
    return [...sections, ...(await get('/docs/search-restricted.json', headers))]
  },
})
const session = await starting
enableDownloads(session)
if (!isOpen && restricted === 'true') {
  const signIn = () => session.require('Sign in to read the API reference.')
  byId('restricted-sign-in').addEventListener('click', signIn)
  if (session.viewer) await loadPage(session)
  else session.addEventListener('change', () => session.viewer && loadPage(session))
}
