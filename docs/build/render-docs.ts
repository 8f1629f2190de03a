import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { type Docs, docsFile } from '../../src/http/docs-pages.ts'
import { escapeHtml, type Heading, type RenderedPage, renderPage } from './markdown.ts'
import { findSourcePages, type SourcePage } from './source-pages.ts'

interface Page extends SourcePage, RenderedPage {
  readonly title: string
}

const apiReference = 'docs/api.md'
const otherPaths: Readonly<Record<string, string>> = {
  'schema.graphql': '/schema.graphql',
  'docs/decisions': '/docs/decisions/001-sql-for-reads-and-ticket-writes',
}

// A program that renders the documentation for the pages of the server.
function renderDocs(): Docs {
  const sources = findSourcePages()
  const paths: Readonly<Record<string, string>> = {
    ...otherPaths,
    ...Object.fromEntries(sources.map(({ file, path }) => [file, path])),
  }
  const images: Record<string, string> = {}
  const findPath = (file: string) => {
    if (!file.endsWith('.png')) return paths[file] ?? null
    const path = posix.join('/docs/images', posix.basename(file))
    images[path] = readFileSync(file, 'base64')
    return path
  }
  const pages = sources.map((source): Page => {
    const rendered = renderPage(readFileSync(source.file, 'utf8'), source.file, findPath)
    const heading = rendered.sections[0]?.heading.text ?? source.file
    return { ...source, ...rendered, title: source.file === 'README.md' ? 'Overview' : heading }
  })
  return {
    pages: pages.map((page, index) => ({
      path: page.path,
      title: escapeHtml(page.title),
      navigation: renderNavigation(pages, page),
      content: page.html,
      contents: renderContents(page.sections.map(({ heading }) => heading)),
      pager: renderPager(pages[index - 1], pages[index + 1]),
      isRestricted: page.file === apiReference,
      sections: page.sections.map(({ heading: { depth, id, text: heading }, text }) => ({
        url: depth === 1 ? page.path : `${page.path}#${id}`,
        page: page.title,
        heading: depth === 1 ? page.title : heading,
        text,
      })),
    })),
    images,
  }
}

function renderNavigation(pages: readonly Page[], current: Page): string {
  return [...Map.groupBy(pages, ({ group }) => group)]
    .map(([group, members]) => {
      const links = members.map(({ path, title }) => {
        const state = path === current.path ? ' aria-current="page"' : ''
        return `<li><a href="${path}"${state}>${escapeHtml(title)}</a></li>`
      })
      const list = `<ul>${links.join('')}</ul>`
      if (group !== 'Design decisions') return `<section><h2>${group}</h2>${list}</section>`
      return `<details${current.group === group ? ' open' : ''}><summary>${group}</summary>${list}</details>`
    })
    .join('\n')
}

function renderContents(headings: readonly Heading[]): string {
  const links = headings
    .filter(({ depth }) => depth === 2 || depth === 3)
    .map(
      ({ depth, id, text }) =>
        `<li class="depth-${depth}"><a href="#${id}">${escapeHtml(text.replace(/^(Query|Mutation)\./, ''))}</a></li>`,
    )
  return links.length > 1 ? `<h2>On this page</h2><ul>${links.join('')}</ul>` : ''
}

const renderPager = (previous: Page | undefined, next: Page | undefined): string =>
  [
    previous ? `<a rel="prev" href="${previous.path}"><span>Previous</span>${escapeHtml(previous.title)}</a>` : '',
    next ? `<a rel="next" href="${next.path}"><span>Next</span>${escapeHtml(next.title)}</a>` : '',
  ].join('')

mkdirSync(new URL('.', docsFile), { recursive: true })
writeFileSync(docsFile, JSON.stringify(renderDocs()))
