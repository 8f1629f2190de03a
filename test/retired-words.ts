import { globSync, readFileSync } from 'node:fs'

const glossaryFile = 'CONTRIBUTING.md'
const files = globSync(
  [
    '*.md',
    '.env.example',
    'docker-compose.yml',
    'schema.graphql',
    '{docs,src}/**/*.{md,ts,js,html,graphql}',
    'examples/*/{,src/**/}*.{md,ts,tsx,css,html,graphql,sh,py}',
    'test/**/*.ts',
    'test/relay/src/*.tsx',
    'prisma/*.{ts,prisma}',
    'bench/*.{ts,md}',
  ],
  // Demo data and generated texts are prose of fictional users. The API reference repeats schema.graphql.
  {
    exclude: [
      'test/{generated,{browser,relay}/node_modules,relay/src/__generated__}/**',
      'test/retired-words.ts',
      'prisma/demo.ts',
      'bench/data.ts',
      'docs/api.md',
    ],
  },
)

/** Names of the schema, the tables, the metrics and SQL, and synonyms in imported files. */
const keptNames: readonly (readonly [files: RegExp, names: RegExp])[] = [
  [
    /./,
    /ImportFault\w*|import_faults|fault_?count|['`]with faults['`]|cumulativeShare|FOR (NO KEY )?SHARE|snaglist_callers/gi,
  ],
  [/import|export|drill|metrics|matrix|schema|examples/, /(?<!\b(all|and|no|of|the) )\bfaults\b/g],
  [/report|matrix|examples|schema/, /(?<!\b(a|and|of|the|to) )\bshare\b/g],
  [/import|enum-value/, /\bon hold\b/g],
]

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
  const blanked = keptNames
    .filter(([inFiles]) => inFiles.test(file))
    .reduce((rest, [, names]) => rest.replace(names, (name) => ' '.repeat(name.length)), checked)
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
