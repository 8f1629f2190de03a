import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
const withoutIndentation = (text: string) => text.replaceAll(/^ +/gm, '')

const guide = read('docs/frontends.md')
const snippets = [...guide.matchAll(/^\[`([^`]*)`\]\([^)]*\):\n\n```\w+\n(.*?)^```$/gms)].map(
  ([, file = '', code = '']) => ({
    file,
    code,
    firstLine: code.split('\n')[0],
  }),
)

test('every snippet of the guide for frontends names its file', () => {
  expect(snippets.length).toBe(guide.match(/^```\w+$/gm)?.length)
})

test.each(snippets)('the guide for frontends quotes $file: $firstLine', ({ file, code }) => {
  expect(withoutIndentation(read(file))).toContain(withoutIndentation(code).trim())
})
