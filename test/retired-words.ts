import { globSync, readFileSync } from 'node:fs'

const glossaryFile = 'CONTRIBUTING.md'
const files = globSync(
  [
    '*.md',
    '.env.example',
    'docker-compose.yml',
    'schema.graphql',
    '{docs,src,examples}/**/*.{md,ts,graphql}',
    'test/**/*.ts',
    'prisma/*.{ts,prisma}',
    'bench/*.{ts,md}',
  ],
  // Demo data and generated texts are prose of fictional users.
  { exclude: ['test/generated/**', 'test/retired-words.ts', 'prisma/demo.ts', 'bench/data.ts'] },
)
/** Names of the schema, the tables and the metrics, SQL, and synonyms in imported files. */
const keptNames = new RegExp(
  [
    String.raw`\bImportFault\w*|\bimport_faults\b|\bfault_?[Cc]ount\b|(?<![a-z] )\bfaults\b(?! )|\bfaults (?=\{)|\breadonly faults\b|\bfaultCount faults\b|\bfaults +ImportFault|'with faults'`,
    String.raw`\bcumulativeShare\b|[\`'"]share[\`'"]|\bshare(?=:)|\.share\b|\bcount share\b|\bisOther share\b|\bFOR (NO KEY )?SHARE\b`,
    String.raw`\bsnaglist_callers\b|\bon hold\b`,
  ].join('|'),
  'g',
)

const rows = (text: string) => text.matchAll(/^\|[^|]*\|[^|]*\|([^|]*)\|$/gm)
const glossary = readFileSync(glossaryFile, 'utf8').split('## Glossary')[1] ?? ''
const words = [...rows(glossary)].flatMap(([, column = '']) => column.split(',').map((word) => word.trim()))
const retired = words.filter((word) => /^[a-z]+[a-z *]*$/.test(word) && word !== 'instead of')

/** Matches a word or phrase: whole, or as a part of a camelCase identifier; a phrase also across lines. */
function pattern(word: string): string {
  const [initial = '', ...rest] = word
  const tail = rest.join('').replaceAll(' ', String.raw`(?:\s|\*|//)+`).replace(/\*$/, '[a-z]*')
  return `(?:(?<![A-Za-z])[${initial}${initial.toUpperCase()}]|${initial.toUpperCase()})${tail}(?![a-z])`
}

const retiredWords = new RegExp(retired.map(pattern).join('|'), 'g')
const uses = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8')
  const checked = (file === glossaryFile ? text.split('## Glossary')[0] : text) ?? ''
  const blanked = checked.replace(keptNames, (name) => ' '.repeat(name.length))
  return [...blanked.matchAll(retiredWords)].map(({ index, 0: word }) => {
    const line = blanked.slice(0, index).split('\n').length
    return `${file}:${line}: ${word.replace(/\s+/g, ' ')}`
  })
})
for (const use of uses) console.error(use)
if (uses.length > 0) {
  console.error(`${uses.length} words that the glossary in ${glossaryFile} retires.`)
  process.exitCode = 1
}
