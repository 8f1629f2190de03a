import { globSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderPage } from '../docs/build/markdown.ts'
import { type Docs, docsFile } from '../src/http/docs-pages.ts'
import { excerptOf, findSections } from '../src/http/site/docs-index.js'
import { useServer } from './support/app.ts'
import { signUp, type TestUser } from './support/people.ts'

const { pages }: Docs = JSON.parse(readFileSync(docsFile, 'utf8'))
const server = useServer({ SNAGLIST_INTROSPECTION: 'open' })
const restricted = () => server.withSettings({ NODE_ENV: 'production' })
let ada: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
})

type Headers = Readonly<Record<string, string>>
const get = (path: string, headers: Headers = {}, method = 'GET') =>
  server.anonymous.fetch(path, { method, headers: { accept: 'text/html', ...headers } })
const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value)

describe('every page', () => {
  test('is one of the Markdown files', () => {
    const files = [...globSync('docs/*.md'), ...globSync('docs/decisions/*.md')]
    const paths = files.map((file) => `/${file.replace(/\.md$/, '')}`)
    const others = ['/docs', '/docs/changelog', '/docs/contributing', '/docs/security']
    expect(pages.map(({ path }) => path).toSorted()).toEqual([...paths, ...others].toSorted())
  })

  test.each(pages.map(({ path }) => path))('loads files of this server only: %s', async (path) => {
    const response = await get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    const html = await response.text()
    expect(html).not.toMatch(/\{\{\w|>undefined<|<script>|<style| style=| on\w+="/)
    const loaded = html.match(/<(?:script|link|img|iframe)\b[^>]*>/g) ?? []
    for (const url of loaded.flatMap((tag) => [...attributes(tag, 'src'), ...attributes(tag, 'href')])) {
      expect(url).toMatch(/^\/(?!\/)/)
      expect([url, (await get(url)).status]).toEqual([url, 200])
    }
  })

  test('has links to existing pages and headings', async () => {
    const texts = new Map<string, string>()
    for (const { path } of pages) texts.set(path, await (await get(path)).text())
    const broken: string[] = []
    for (const [path, html] of texts)
      for (const link of attributes(html, 'href')) {
        if (/^(https?|mailto):/.test(link)) continue
        const { pathname, hash } = new URL(link, `http://server${path}`)
        const target = texts.get(pathname)
        const isFound = target === undefined ? (await get(pathname)).status === 200 : true
        const hasHeading = hash === '' || target?.includes(` id="${hash.slice(1)}"`)
        if (!isFound || !hasHeading || link.endsWith('.md')) broken.push(`${path}: ${link}`)
      }
    expect(broken).toEqual([])
  })

  test('has unique ids, one title and the navigation', async () => {
    for (const { path } of pages) {
      const html = await (await get(path)).text()
      const ids = attributes(html, 'id')
      expect(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        path,
      ).toEqual([])
      expect(html.match(/<h1\b/g), path).toHaveLength(1)
      expect(html.match(/aria-current="page"/g), path).toHaveLength(1)
      for (const other of pages) expect(html).toContain(`href="${other.path}"`)
    }
  })
})

test('headings have the anchors of GitHub, and links to other files are texts', () => {
  const markdown = '# A & B\n\n## `x-y` z!\n\n## `x-y` z!\n\n[code](src/app.ts) [page](limits.md#a) <b>'
  const { html, sections } = renderPage(markdown, 'docs/a.md', (file) =>
    file === 'docs/limits.md' ? '/docs/limits' : null,
  )
  expect(sections.map(({ heading }) => heading.id)).toEqual(['a--b', 'x-y-z', 'x-y-z-1'])
  expect(html).toContain('<p>code <a href="/docs/limits#a">page</a>')
})

test('unchanged pages are not sent again, HEAD has the headers of GET, and other methods are rejected', async () => {
  for (const path of ['/docs', '/docs/limits', '/docs/search.json', '/docs/images/graphiql.png']) {
    const [full, head] = [await get(path), await get(path, {}, 'HEAD')]
    expect([head.status, await head.text()]).toEqual([200, ''])
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
      expect(head.headers.get(name), name).toBe(full.headers.get(name))
    expect((await get(path, { 'if-none-match': full.headers.get('etag') ?? '' })).status).toBe(304)
    expect((await get(path, {}, 'POST')).status).toBe(405)
  }
  expect((await get('/docs/limits', { 'accept-encoding': 'br' })).headers.get('content-encoding')).toBe('br')
})

test('unknown pages do not exist', async () => {
  for (const path of ['/docs/nothing', '/docs/limits.md', '/docs/api/', '/docs/../schema.graphql/', '/docsx'])
    expect((await get(path)).status, path).toBe(404)
  expect((await get('/docs/')).status).toBe(200)
})

describe('with restricted introspection', () => {
  const phrase = 'CreateIssueInput'

  test('the API reference requires a token', async () => {
    const { anonymous } = restricted()
    for (const path of ['/docs/api', '/docs/search-restricted.json']) {
      expect((await anonymous.fetch(path)).status, path).toBe(401)
      const response = await anonymous.fetch(path, { headers: { authorization: `Bearer ${ada.token}` } })
      expect([response.status, (await response.text()).includes(phrase)], path).toEqual([200, true])
      expect(response.headers.get('vary')).toContain('Authorization')
      const etag = response.headers.get('etag') ?? ''
      expect((await anonymous.fetch(path, { headers: { 'if-none-match': etag } })).status, path).toBe(401)
    }
  })

  test('browsers get a page that asks to sign in, without the schema', async () => {
    const response = await restricted().anonymous.fetch('/docs/api', { headers: { accept: 'text/html' } })
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(html).toContain('id="restricted-sign-in"')
    expect(html).toContain('data-introspection="signed-in" data-restricted="true"')
    expect(html).not.toContain('createissue')
  })

  test('other pages and their search require no token', async () => {
    const { anonymous } = restricted()
    expect((await anonymous.fetch('/docs/limits')).status).toBe(200)
    const index = await (await anonymous.fetch('/docs/search.json')).text()
    expect(index).toContain('The cost of an operation is computed before it runs')
    expect(index).not.toContain('"/docs/api')
  })
})

describe('the search', () => {
  const sections = pages.flatMap((page) => page.sections)
  const urls = (query: string) => findSections(sections, query).map(({ url }: { url: string }) => url)

  test('finds headings, names of the schema and texts', () => {
    expect(urls('query cost')[0]).toBe('/docs/limits#query-cost')
    expect(urls('createIssue')[0]).toBe('/docs/api#mutationcreateissue')
    expect(urls('computed before it runs, in points')[0]).toBe('/docs/limits#query-cost')
    expect(urls('zebra')).toEqual([])
    expect(urls(' ')).toEqual([])
  })

  test('marks the words in an excerpt', () => {
    expect(excerptOf('Retry after (some) time', '(some) RETRY')).toEqual(['', 'Retry', ' after ', '(some)', ' time'])
    expect(excerptOf(`${'word '.repeat(60)}end`, 'end').slice(1)).toEqual(['end', ''])
  })
})
