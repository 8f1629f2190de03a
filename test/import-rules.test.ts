import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../src')

const infrastructure = new Set(['database', 'document', 'idempotency', 'reading', 'paging', 'filter', 'http'])
const commandLine = 'command'
const roles = [
  'type',
  'queries',
  'mutations',
  'subscriptions',
  'loaders',
  'actions',
  'access',
  'filter',
  'sql',
] as const
const apiRoles: readonly string[] = ['type', 'queries', 'mutations', 'subscriptions']
const sharedRoles: readonly string[] = ['actions', 'access', 'loaders', 'filter', 'sql']

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

test('every file of a feature says its role, from a closed list', () => {
  expect(files.filter(isFeature).filter((file) => !roles.some((role) => role === roleOf(file)))).toEqual([])
})

test('features share actions, access, loaders, filters and SQL alone, save for the building blocks of tickets', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      isFeature(from) && isFeature(to) && folderOf(from) !== folderOf(to) && !sharedRoles.includes(roleOf(to)),
  )
  const blocks = ['connection', 'input', 'order'].map((block) => `ticket/ticket-${block}.type.ts`)
  expect(wrong.filter(({ to }) => !blocks.includes(to))).toEqual([])
})

test('what a feature does knows nothing of GraphQL types', () => {
  const wrong = imports.filter(
    ({ from, to }) => sharedRoles.includes(roleOf(from)) && isFeature(from) && apiRoles.includes(roleOf(to)),
  )
  expect(wrong).toEqual([])
})

test('database, document, idempotency, reading, paging, filter and http know no feature', () => {
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
