import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { signUp } from './support/people.ts'

const server = useServer({ NODE_ENV: 'production' })

const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  server.anonymous.fetch(path, { method, headers: { accept: 'text/html', ...headers } })
const textOf = async (path: string) => (await get(path)).text()
const linksOf = (page: string) => [...page.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, link = '']) => link)
const assetsOf = async (path: string) => [
  ...new Set(linksOf(await textOf(path)).filter((link) => link.startsWith('/assets/'))),
]

/** The paths of the pages' assets and of the files that they import or start as workers. */
async function allAssets(): Promise<readonly string[]> {
  const found = new Set([...(await assetsOf('/')), ...(await assetsOf('/graphql'))])
  for (const path of found) {
    if (!path.endsWith('.js') || path.includes('bundle')) continue
    for (const [, name = ''] of (await textOf(path)).matchAll(/'(?:\.\/)?([\w-]+\.js)'/g))
      found.add(path.replace(/[^/]+$/, name))
  }
  return [...found]
}

describe.each(['/', '/graphql'])('the page %s', (path) => {
  test('loads files of this server only', async () => {
    const page = await textOf(path)
    expect(page).toContain('<title>')
    for (const link of linksOf(page)) expect(link).toMatch(/^\/(?!\/)/)
    expect(page).not.toMatch(/\{\{|undefined/)
  })

  test('has the elements that its scripts use', async () => {
    const page = await textOf(path)
    const [base = ''] = /^\/assets\/[^/]+\//.exec((await assetsOf(path))[0] ?? '') ?? []
    const scripts = ['account.js', path === '/' ? 'landing.js' : 'graphiql.js']
    for (const script of scripts) {
      const text = await textOf(base + script)
      const ids = [...text.matchAll(/(?:byId|getElementById)\('([^']+)'\)/g)].map(([, id]) => id)
      expect(ids.length).toBeGreaterThan(0)
      for (const id of ids) expect(page).toContain(` id="${id}"`)
    }
  })

  test('has a label for each field and a name for each dialog', async () => {
    const page = await textOf(path)
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, id] of page.matchAll(/<input id="([^"]+)"/g)) expect(page).toContain(`<label for="${id}">`)
    for (const [, targets = ''] of page.matchAll(/ aria-(?:labelledby|describedby)="([^"]+)"/g))
      expect(ids).toEqual(expect.arrayContaining(targets.split(' ')))
    expect(page.match(/<dialog [^>]*aria-labelledby=/g)).toHaveLength(2)
  })

  test('links to the other pages', async () => {
    const links = new Set(linksOf(await textOf(path)).filter((link) => !link.startsWith('/assets/')))
    expect([...links]).toEqual(expect.arrayContaining(['/', '/graphql', '/docs', '/schema.graphql']))
    const { token } = await signUp(server, `user-${path.length}`)
    for (const link of links) expect((await get(link, { authorization: `Bearer ${token}` })).status, link).toBe(200)
  })

  test('is sent again only after it has changed', async () => {
    const { headers } = await get(path)
    const etag = headers.get('etag') ?? ''
    expect(headers.get('cache-control')).toBe('no-cache')
    const unchanged = await get(path, { 'if-none-match': `"other", ${etag}` })
    expect([unchanged.status, await unchanged.text(), unchanged.headers.get('etag')]).toEqual([304, '', etag])
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
  })
})

test('assets are cached forever under a path with their hash', async () => {
  const paths = await allAssets()
  expect(paths.map((path) => path.split('/').at(-1))).toEqual(
    expect.arrayContaining(['session.js', 'graphiql-bundle.js', 'graphql-worker.js', 'site.css', 'logo.svg']),
  )
  for (const path of paths) {
    const response = await get(path, { 'accept-encoding': 'br' })
    expect([path, response.status]).toEqual([path, 200])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'content-type': expect.stringMatching(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/),
      'x-content-type-options': 'nosniff',
    })
  }
  const [path = ''] = paths
  expect((await get(path.replace(/^\/assets\/[^/]+/, '/assets/otherHash'))).status).toBe(404)
  expect((await get('/assets/../app.ts')).status).toBe(404)
})

test('files have the same content in every encoding', async () => {
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync, identity: (body: Buffer) => body }
  const bundle = (await assetsOf('/graphql')).find((path) => path.endsWith('bundle.css')) ?? ''
  for (const path of ['/', '/graphql', bundle]) {
    const contents = await Promise.all(
      Object.entries(decoders).map(async ([encoding, decode]) => {
        const response = await get(path, { 'accept-encoding': encoding })
        expect(response.headers.get('content-encoding') ?? 'identity').toBe(encoding)
        expect(response.headers.get('vary')).toContain('Accept-Encoding')
        return decode(Buffer.from(await response.arrayBuffer())).toString()
      }),
    )
    expect(new Set(contents).size).toBe(1)
  }
})

test('the assets of GraphiQL have less than 2.1 MB in Brotli', async () => {
  const sizes = (await allAssets()).map(async (path) => {
    const response = await get(path, { 'accept-encoding': 'br' })
    return Number(response.headers.get('content-length'))
  })
  expect((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)).toBeLessThan(2.1e6)
})

test('HEAD has the headers of GET, and other methods are rejected', async () => {
  for (const path of ['/', '/favicon.ico', '/favicon.svg', (await assetsOf('/'))[0] ?? '']) {
    const [full, head] = [await get(path), await get(path, {}, 'HEAD')]
    expect([path, head.status, await head.text()]).toEqual([path, full.status, ''])
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
      expect(head.headers.get(name), name).toBe(full.headers.get(name))
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers } = await get(path, {}, method)
      expect([path, status, headers.get('allow')]).toEqual([path, 405, 'GET, HEAD'])
    }
  }
})

test.each(['/schema.graphql', '/possible-types.json'])('%s has an ETag and is compressed', async (path) => {
  const open = server.withSettings({ SNAGLIST_INTROSPECTION: 'open' })
  const getFile = (headers: Readonly<Record<string, string>>) => open.anonymous.fetch(path, { headers })
  const { headers } = await getFile({ 'accept-encoding': 'br' })
  expect(headers.get('content-encoding')).toBe('br')
  const etag = headers.get('etag') ?? ''
  expect((await getFile({ 'if-none-match': etag })).status).toBe(304)
  const restricted = await get(path, { 'if-none-match': etag })
  expect(restricted.status).toBe(401)
  await open.app.dispose()
})
