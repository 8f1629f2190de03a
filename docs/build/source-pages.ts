import { globSync } from 'node:fs'
import { posix } from 'node:path'

/** A Markdown file that becomes a page. */
export interface SourcePage {
  readonly file: string
  readonly path: string
  readonly group: string
}

const groups: Readonly<Record<string, readonly string[]>> = {
  Start: ['README.md'],
  Guides: [
    'docs/frontends.md',
    'docs/live.md',
    'docs/scripting.md',
    'docs/webhooks.md',
    'docs/importing.md',
    'docs/reports.md',
    'docs/permissions.md',
    'docs/schema-evolution.md',
  ],
  Reference: ['docs/api.md', 'docs/errors.md', 'docs/limits.md', 'docs/configuration.md', 'CHANGELOG.md'],
  Operation: ['docs/operations.md', 'docs/scaling.md', 'SECURITY.md'],
  Development: ['CONTRIBUTING.md'],
}
const decisions = 'docs/decisions'

/** The pages in the order of the navigation. Guides that are not listed here are the last of their group. */
export function findSourcePages(): readonly SourcePage[] {
  const listed = Object.values(groups).flat()
  const others = globSync('docs/*.md').filter((file) => !listed.includes(file))
  const pages = Object.entries(groups).flatMap(([group, files]) =>
    [...files, ...(group === 'Guides' ? others.toSorted() : [])].map((file) => ({ file, path: pagePath(file), group })),
  )
  const decisionPages = globSync(`${decisions}/*.md`).toSorted()
  return [...pages, ...decisionPages.map((file) => ({ file, path: pagePath(file), group: 'Design decisions' }))]
}

const pagePath = (file: string): string =>
  file === 'README.md'
    ? '/docs'
    : posix.join(
        '/docs',
        file
          .replace(/^docs\//, '')
          .replace(/\.md$/, '')
          .toLowerCase(),
      )
