import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
const withoutIndentation = (text: string) => text.replaceAll(/^ +/gm, '')

/** Snippets that follow the name of a file. */
const quotesIn = (guide: string) =>
  [...read(guide).matchAll(/^\[`([^`]*)`\]\([^)]*\):\n\n```\w+\n(.*?)^```$/gms)].map(([, file = '', code = '']) => ({
    guide,
    file,
    code,
    firstLine: code.split('\n')[0],
  }))

const quotes = ['docs/frontends.md', 'docs/live.md'].flatMap(quotesIn)

test('every snippet of the guide for frontends names its file', () => {
  expect(quotesIn('docs/frontends.md').length).toBe(read('docs/frontends.md').match(/^```\w+$/gm)?.length)
})

test.each(quotes)('$guide quotes $file: $firstLine', ({ file, code }) => {
  expect(withoutIndentation(read(file))).toContain(withoutIndentation(code).trim())
})
