import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../src')

const infrastructure = new Set(['csv', 'database', 'document', 'idempotency', 'reading', 'paging', 'filter', 'http'])
const commandLine = 'command'
const apiRoles: readonly string[] = ['type', 'queries', 'mutations']
const sharedRoles: readonly string[] = [
  'loaders',
  'actions',
  'access',
  'filter',
  'sql',
  'cost',
  'report',
  'cache',
  'parser',
  'rules',
]
const roles = [...apiRoles, ...sharedRoles]

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const folderOf = (file: string) => dirname(file).split('/')[0] ?? ''
const roleOf = (file: string) => basename(file, '.ts').split('.')[1] ?? ''
const isFeature = (file: string) =>
  !file.startsWith('..') && !['.', commandLine].includes(folderOf(file)) && !infrastructure.has(folderOf(file))

const imports = files.flatMap((file) => {
  const text = readFileSync(join(source, file), 'utf8')
  return [...text.matchAll(/^(import|export) (type )?[^;]*?'(\.[^']+)'/gm)].map(([, , typeOnly, path = '']) => ({
    from: file,
    to: relative(source, join(source, dirname(file), path)),
    typeOnly: typeOnly !== undefined,
  }))
})

test('the suffix of a file in a feature is one of a closed list', () => {
  expect(files.filter(isFeature).filter((file) => roleOf(file) !== '' && !roles.includes(roleOf(file)))).toEqual([])
})

test('a file without a suffix imports nothing of src', () => {
  const plain = (file: string) => isFeature(file) && roleOf(file) === ''
  expect(imports.filter(({ from, to }) => plain(from) && !to.startsWith('..'))).toEqual([])
})

test('features share actions, access, loaders, filters and SQL alone, save for the building blocks of tickets', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      isFeature(from) && isFeature(to) && folderOf(from) !== folderOf(to) && apiRoles.includes(roleOf(to)),
  )
  const blocks = ['connection', 'filter', 'input', 'order'].map((block) => `ticket/ticket-${block}.type.ts`)
  expect(wrong.filter(({ to }) => !blocks.includes(to))).toEqual([])
})

test('what a feature does knows nothing of GraphQL types', () => {
  const wrong = imports.filter(
    ({ from, to }) => sharedRoles.includes(roleOf(from)) && isFeature(from) && apiRoles.includes(roleOf(to)),
  )
  expect(wrong).toEqual([])
})

test('csv, database, document, idempotency, reading, paging, filter and http know no feature', () => {
  const wrong = imports.filter(
    ({ from, to, typeOnly }) => infrastructure.has(folderOf(from)) && isFeature(to) && !typeOnly,
  )
  expect(wrong).toEqual([])
})

test('nothing below imports what starts, builds or lists it', () => {
  const above = ['main.ts', 'server.ts', 'app.ts', 'schema.ts', 'welcome.ts']
  const isAbove = (file: string) => above.includes(file) || folderOf(file) === commandLine
  const wrong = imports.filter(({ from, to }) => isAbove(to) && !isAbove(from))
  expect(wrong).toEqual([])
})

test('main.ts loads the code of a command only when the command runs', () => {
  const loaded = new Set(['main.ts'])
  for (const file of loaded)
    for (const { from, to, typeOnly } of imports) if (from === file && !typeOnly) loaded.add(to)
  expect([...loaded].toSorted()).toEqual([
    'cannot-start.ts',
    'command/command.ts',
    'command/run.ts',
    'command/usage.ts',
    'main.ts',
  ])
})
