import { posix } from 'node:path'
import GithubSlugger from 'github-slugger'
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import graphql from 'highlight.js/lib/languages/graphql'
import ini from 'highlight.js/lib/languages/ini'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import sql from 'highlight.js/lib/languages/sql'
import { Marked, type Token, type Tokens } from 'marked'

const schemaPath = '/schema.graphql'

for (const [name, language] of Object.entries({ bash, graphql, ini, json, python, sql }))
  hljs.registerLanguage(name, language)

export interface Heading {
  readonly depth: number
  readonly id: string
  readonly text: string
}

/** The text from one heading to the next one. */
interface Section {
  readonly heading: Heading
  readonly text: string
}

export interface RenderedPage {
  readonly html: string
  readonly sections: readonly Section[]
}

/** Returns the address of a file of the repository on the server, or null if the server has no such page. */
export type FindPath = (file: string) => string | null

/** Renders a Markdown file. Headings have the anchors that GitHub derives from them. */
export function renderPage(markdown: string, file: string, findPath: FindPath): RenderedPage {
  const headings = new Map<Token, Heading>()
  const marked = new Marked({
    renderer: {
      heading(token) {
        const { id, text, depth } = headings.get(token) ?? { id: '', ...token }
        const link = ` <a class="anchor" href="#${id}" aria-label="Link to ${escapeHtml(text)}">#</a>`
        const html = this.parser.parseInline(token.tokens)
        return `<h${depth} id="${id}">${html}${depth === 1 ? '' : link}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const html = this.parser.parseInline(tokens)
        const address = resolveLink(href, file, findPath)
        if (address === null) return html
        const download = address === schemaPath ? ' data-download' : ''
        return `<a href="${escapeHtml(address)}"${download}>${html}</a>`
      },
      image({ href, text }) {
        const address = findPath(posix.join(posix.dirname(file), href)) ?? ''
        return `<img src="${escapeHtml(address)}" alt="${escapeHtml(text)}" loading="lazy">`
      },
      code({ text, lang }) {
        const language = lang === 'sh' ? 'bash' : lang
        const html =
          language && hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escapeHtml(text)
        return `<pre tabindex="0"><code>${html}</code></pre>\n`
      },
      table(token) {
        const row = (cells: readonly Tokens.TableCell[]) =>
          `<tr>${cells.map((cell) => this.tablecell(cell)).join('')}</tr>`
        const body = token.rows.map(row).join('\n')
        return `<div class="table" tabindex="0"><table>\n<thead>${row(token.header)}</thead>\n<tbody>${body}</tbody>\n</table></div>\n`
      },
    },
  })
  const tokens = marked.lexer(markdown)
  const slugger = new GithubSlugger()
  marked.walkTokens(tokens, (token) => {
    if (token.type !== 'heading') return
    const text = textOf([token])
    headings.set(token, { depth: token['depth'], id: slugger.slug(text), text })
  })
  return { html: marked.parser(tokens), sections: splitSections(tokens, headings) }
}

function splitSections(tokens: readonly Token[], headings: ReadonlyMap<Token, Heading>): readonly Section[] {
  const sections: { heading: Heading; text: string }[] = []
  for (const token of tokens) {
    const heading = headings.get(token)
    const section = sections.at(-1)
    if (heading) sections.push({ heading, text: '' })
    else if (section) section.text = `${section.text} ${textOf([token])}`.replace(/\s+/g, ' ').trim()
  }
  return sections
}

const ownOrigin = 'http://localhost:4000'

function resolveLink(href: string, file: string, findPath: FindPath): string | null {
  if (href.startsWith('#')) return href
  // The address of the server in examples.
  if (href.startsWith(ownOrigin)) return href.slice(ownOrigin.length) || '/'
  if (/^\w+:/.test(href)) return href
  const [target = '', fragment] = href.split('#')
  const path = findPath(posix.join(posix.dirname(file), target))
  return path === null || fragment === undefined ? path : `${path}#${fragment}`
}

/** Text without markup. */
function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === 'table')
        return [...token['header'], ...token['rows'].flat()].map(({ tokens }) => textOf(tokens)).join(' ')
      if (token.type === 'list')
        return token['items']
          .flatMap(({ tokens }: Tokens.ListItem) => tokens)
          .map((part: Token) => textOf([part]))
          .join(' ')
      if ('tokens' in token && token.tokens) return textOf(token.tokens)
      return 'text' in token ? token['text'] : ''
    })
    .join('')
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
