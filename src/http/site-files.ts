import { readdir, readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Config } from '../config.ts'
import { version } from '../version.ts'
import { readDocsFiles } from './docs-pages.ts'
import { examples } from './graphiql-examples.ts'
import { pageHeaders, revalidated } from './html.ts'
import { createSiteFile, hashOf, type SiteFile } from './site-file.ts'

/** Paths of assets begin with it. They contain a hash of all assets: the content of a path never changes. */
export const assetsPath = '/assets/'

const directory = new URL('site/', import.meta.url)
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const assetHeaders = {
  'cache-control': 'public, max-age=31536000, immutable',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
}

export interface SiteFiles {
  readonly open: ReadonlyMap<string, SiteFile>
  /** Files that require a token if introspection is restricted. */
  readonly restricted: ReadonlyMap<string, SiteFile>
}

/**
 * Reads the pages and their assets, by path. `npm run prepare` extracts the assets of GraphiQL and renders the
 * documentation.
 */
export async function readSiteFiles(introspection: Config['introspection'], graphiqlPath: string): Promise<SiteFiles> {
  const assets = await readAssets()
  const base = `${assetsPath}${hashOf(assets.flatMap(({ name, file }) => [name, file.etag]))}`
  const read = (name: string) => readFile(new URL(name, directory), 'utf8')
  const values = {
    assets: base,
    version,
    introspection,
    // The value of an attribute
    examples: JSON.stringify(examples).replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  }
  const header = fill(await read('header.html'), values)
  const page = async (name: string, styles?: string) =>
    createSiteFile(fill(await read(name), { ...values, header }), 'text/html; charset=utf-8', {
      headers: pageHeaders(styles),
    })
  const favicon = createSiteFile(await read('logo.svg'), 'image/svg+xml', { headers: revalidated })
  const docsTemplate = await read('docs.html')
  const docs = await readDocsFiles((content) => fill(docsTemplate, { ...values, header, ...content }))
  const open = new Map([
    ...docs.open,
    ...assets.map(({ name, file }) => [`${base}/${name}`, file] as const),
    ['/', await page('landing.html')],
    // The editor adds style elements.
    [graphiqlPath, await page('graphiql.html', "'self' 'unsafe-inline'")],
    ['/favicon.ico', favicon],
    ['/favicon.svg', favicon],
  ])
  return { open, restricted: docs.restricted }
}

async function readAssets() {
  const paths = await readdir(directory, { recursive: true })
  return Promise.all(
    paths.sort().flatMap((path) => {
      const name = basename(path, '.br')
      const type = types[extname(name)]
      return type === undefined ? [] : [readAsset(path, name, type)]
    }),
  )
}

async function readAsset(path: string, name: string, type: string) {
  const stored = await readFile(new URL(path, directory))
  return { name, file: createSiteFile(stored, type, { isBrotli: path.endsWith('.br'), headers: assetHeaders }) }
}

/** Replaces each `{{name}}` with its value. */
const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{\{(\w+)\}\}/g, (_placeholder, name: string) => values[name] ?? '')
