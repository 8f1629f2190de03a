import { readFile } from 'node:fs/promises'
import { pageHeaders, revalidated } from './html.ts'
import { createSiteFile, type SiteFile } from './site-file.ts'

/** The documentation as `npm run prepare` renders it. */
export interface Docs {
  readonly pages: readonly DocsPage[]
  /** Contents of PNG files in Base64, by path. */
  readonly images: Readonly<Record<string, string>>
}

/** A page, in HTML. */
interface DocsPage {
  readonly path: string
  readonly title: string
  readonly navigation: string
  readonly content: string
  /** Links to the headings. */
  readonly contents: string
  /** Links to the previous and the next page. */
  readonly pager: string
  /** Texts for the search. */
  readonly sections: readonly SearchEntry[]
  /** True if the page describes the schema, which can require a token. */
  readonly isRestricted: boolean
}

interface SearchEntry {
  readonly url: string
  readonly page: string
  readonly heading: string
  readonly text: string
}

type Files = ReadonlyMap<string, SiteFile>

export const docsPath = '/docs'
export const docsFile = new URL('site/generated/docs.json', import.meta.url)

const searchPath = `${docsPath}/search.json`
const restrictedSearchPath = `${docsPath}/search-restricted.json`
const signInContent = `<p id="restricted" role="status">This page describes the schema, which requires you to sign in.</p>
<p><button id="restricted-sign-in" class="button primary" type="button">Sign in</button> or <a href="/graphql">open GraphiQL</a>.</p>`

/**
 * Reads the pages and the search index, by path. `restricted` requires a token; `open` has a page in its stead that asks
 * the visitor to sign in. `fill` returns the template of a page with these values.
 */
export async function readDocsFiles(
  fill: (values: Readonly<Record<string, string>>) => string,
): Promise<{ readonly open: Files; readonly restricted: Files }> {
  const { pages, images }: Docs = JSON.parse(await readFile(docsFile, 'utf8'))
  const toFile = ({ sections: _, isRestricted, ...values }: DocsPage): readonly [string, SiteFile] => [
    values.path,
    createSiteFile(fill({ ...values, restricted: String(isRestricted) }), 'text/html; charset=utf-8', {
      headers: pageHeaders(),
    }),
  ]
  const toIndex = (indexed: readonly DocsPage[]) =>
    createSiteFile(JSON.stringify(indexed.flatMap(({ sections }) => sections)), 'application/json', {
      headers: revalidated,
    })
  const restricted = pages.filter(({ isRestricted }) => isRestricted)
  const open = pages.filter(({ isRestricted }) => !isRestricted)
  const signInPages = restricted.map((page) => ({
    ...page,
    content: `<h1>${page.title}</h1>\n${signInContent}`,
    contents: '',
  }))
  return {
    open: new Map([
      ...[...open, ...signInPages].map(toFile),
      ...Object.entries(images).map(
        ([path, content]) =>
          [path, createSiteFile(Buffer.from(content, 'base64'), 'image/png', { headers: revalidated })] as const,
      ),
      [searchPath, toIndex(open)],
    ]),
    restricted: new Map([...restricted.map(toFile), [restrictedSearchPath, toIndex(restricted)]]),
  }
}
