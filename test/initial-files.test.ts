import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { archiveInitialFiles, extractInitialFiles, initialFilesPath } from '../src/database/initial-files.ts'
import { temporaryDirectory } from './drill/server-process.ts'

function archiveOfTwoFiles(path: string): string {
  const source = join(path, 'source')
  mkdirSync(join(source, 'base/empty'), { recursive: true })
  writeFileSync(join(source, 'base/1'), Buffer.from([0, 255, 10]))
  writeFileSync(join(source, 'PG_VERSION'), '17')
  const archive = join(path, 'archive')
  archiveInitialFiles(source, archive)
  return archive
}

function makeDirectory(path: string): string {
  mkdirSync(path)
  return path
}

test('extracts the archived files and directories', () => {
  using directory = temporaryDirectory()
  const target = makeDirectory(join(directory.path, 'target'))
  expect(extractInitialFiles(archiveOfTwoFiles(directory.path), target)).toBe(true)
  expect(readdirSync(target, { recursive: true }).toSorted()).toEqual(['PG_VERSION', 'base', 'base/1', 'base/empty'])
  expect([...readFileSync(join(target, 'base/1'))]).toEqual([0, 255, 10])
  expect(readFileSync(join(target, 'PG_VERSION'), 'utf8')).toBe('17')
})

test.each<[string, (archive: string) => void]>([
  ['truncated', (archive) => truncateSync(archive, readFileSync(archive).length - 5)],
  ['empty', (archive) => truncateSync(archive)],
  [
    'damaged',
    (archive) => {
      const content = readFileSync(archive)
      content.writeUInt8(content.readUInt8(content.length - 1) ^ 1, content.length - 1)
      writeFileSync(archive, content)
    },
  ],
])('extracts nothing from a %s archive', (_description, damage) => {
  using directory = temporaryDirectory()
  const archive = archiveOfTwoFiles(directory.path)
  damage(archive)
  const target = makeDirectory(join(directory.path, 'target'))
  expect(extractInitialFiles(archive, target)).toBe(false)
  expect(readdirSync(target)).toEqual([])
})

test('the installation has an archive for its version of PGlite', () => {
  expect(existsSync(initialFilesPath())).toBe(true)
})

test('creates a database without an archive', () => {
  using directory = temporaryDirectory()
  const target = makeDirectory(join(directory.path, 'database'))
  const program = fileURLToPath(new URL('../src/database/create-embedded.ts', import.meta.url))
  // Liftoff compiles PGlite fast.
  execFileSync(process.execPath, ['--liftoff-only', program, join(directory.path, 'missing'), target], {
    stdio: 'pipe',
  })
  expect(readdirSync(target)).toContain('PG_VERSION')
})
