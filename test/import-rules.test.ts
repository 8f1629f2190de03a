import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../src')

// From top to bottom: a file imports from its own layer and from lower ones. Type imports count.
const layers: readonly (readonly string[])[] = [
  ['main.ts'],
  ['command/', 'welcome.ts'],
  ['server.ts'],
  ['app.ts'],
  ['schema.ts'],
  ['.queries.ts', '.mutations.ts', '.subscriptions.ts', '.downloads.ts'],
  ['.type.ts', 'mutation.ts'],
  ['builder.ts'],
  ['.actions.ts', '.loaders.ts', '.report.ts', '.cache.ts'],
  ['.access.ts', '.cost.ts', '.filter.ts', '.parser.ts', '.rules.ts', '.sql.ts'],
]
const suffixes = layers.flat().filter((pattern) => pattern.startsWith('.'))
const graphqlSuffixes = ['.type.ts', '.queries.ts', '.mutations.ts', '.subscriptions.ts']

// Folders that are not features. The other files of the lowest layer are in them, or in src itself.
const infrastructure = [
  'csv',
  'database',
  'filter',
  'graphql',
  'http',
  'idempotency',
  'live',
  'outbound',
  'paging',
  'reading',
]

// Features use the GraphQL types of tickets, since issues and defects consist of them.
const sharedTypes = /^ticket\/ticket-(?:connection|filter|input|order)\.type\.ts$/

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '')
const suffixOf = (file: string) => basename(file).replace(/^[^.]*/, '')
const isFeature = (file: string) => !['', 'command', ...infrastructure].includes(folderOf(file))

const matches = (file: string, pattern: string) =>
  pattern.startsWith('.')
    ? suffixOf(file) === pattern
    : pattern.endsWith('/')
      ? file.startsWith(pattern)
      : file === pattern

const layerOf = (file: string) => {
  const index = layers.findIndex((patterns) => patterns.some((pattern) => matches(file, pattern)))
  return index < 0 ? layers.length : index
}

const imports = files.flatMap((from) => {
  const text = readFileSync(join(source, from), 'utf8')
  return [...text.matchAll(/^(?:import|export)\s(type )?[^;]*?'(\.[^']+)'|import\('(\.[^']+)'\)/gm)]
    .map(([, typeOnly, path, dynamicPath]) => ({
      from,
      to: relative(source, join(source, dirname(from), path ?? dynamicPath ?? '')),
      isLoadedFirst: path !== undefined && typeOnly === undefined,
    }))
    .filter(({ to }) => !to.startsWith('..'))
})

test('no file imports from a higher layer', () => {
  expect(imports.filter(({ from, to }) => layerOf(to) < layerOf(from))).toEqual([])
})

test('infrastructure and the files in src itself do not import features', () => {
  const isBase = (file: string) =>
    !isFeature(file) && layerOf(file) > layers.findIndex(([first]) => first === 'schema.ts')
  expect(imports.filter(({ from, to }) => isBase(from) && isFeature(to))).toEqual([])
})

test('features do not import GraphQL types, queries and mutations of each other', () => {
  const crossImports = imports.filter(
    ({ from, to }) =>
      isFeature(from) && isFeature(to) && folderOf(from) !== folderOf(to) && graphqlSuffixes.includes(suffixOf(to)),
  )
  expect(crossImports.filter(({ to }) => !sharedTypes.test(to))).toEqual([])
})

test('the files of a feature have a known suffix, or none and no imports from src', () => {
  const features = files.filter(isFeature)
  expect(features.filter((file) => suffixOf(file) !== '.ts' && !suffixes.includes(suffixOf(file)))).toEqual([])
  expect(imports.filter(({ from }) => isFeature(from) && suffixOf(from) === '.ts')).toEqual([])
})

test('no two folders import from each other', () => {
  const pairs = new Set(
    imports.map(({ from, to }) => [folderOf(from), folderOf(to)]).map(([from, to]) => `${from} ${to}`),
  )
  const mutual = [...pairs].filter((pair) => {
    const [from = '', to = ''] = pair.split(' ')
    return from !== '' && to !== '' && from < to && pairs.has(`${to} ${from}`)
  })
  expect(mutual).toEqual([])
})

test('main.ts loads the code of a command only when the command runs', () => {
  const loadedFiles = new Set(['main.ts'])
  for (const file of loadedFiles)
    for (const { from, to, isLoadedFirst } of imports) if (from === file && isLoadedFirst) loadedFiles.add(to)
  expect([...loadedFiles].toSorted()).toEqual([
    'command/command.ts',
    'command/program.ts',
    'command/run.ts',
    'heap.ts',
    'main.ts',
    'startup-errors.ts',
    'version.ts',
  ])
})
