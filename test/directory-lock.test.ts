import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockDirectory } from '../src/database/directory-lock.ts'
import { temporaryDirectory } from './drill/served.ts'

const taken = /^Process \d+ has the embedded database in .* open\. Stop it first, or set SNAGLIST_DATA/

test('a directory is taken once, and again after it was given back', () => {
  using directory = temporaryDirectory()
  const unlock = lockDirectory(directory.path)
  expect(() => lockDirectory(directory.path)).toThrow(taken)
  unlock()
  lockDirectory(directory.path)()
})

const noProcess = 2 ** 22 + 1

test.each([
  ['a process that is gone', `${noProcess} 123`],
  ['a process that is gone, by an older version', `${noProcess}`],
  ['a process whose id another one has now', `${process.ppid} 123`],
  ['a process whose id this one has now', `${process.pid} 123`],
  ['a process whose id this one has now, by an older version', `${process.pid}`],
  ['a process that died while it wrote', ''],
])('what %s has left is taken over', (_, left) => {
  using directory = temporaryDirectory()
  writeFileSync(join(directory.path, 'pid'), left)
  const unlock = lockDirectory(directory.path)
  expect(() => lockDirectory(directory.path)).toThrow(taken)
  unlock()
})

test('what a process has taken that runs is refused, whatever version wrote it, and stays', () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'pid')
  writeFileSync(path, String(process.ppid))
  expect(() => lockDirectory(directory.path)).toThrow(taken)
  expect(readFileSync(path, 'utf8')).toBe(String(process.ppid))
})
