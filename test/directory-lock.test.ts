import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockDirectory } from '../src/database/directory-lock.ts'
import { temporaryDirectory } from './drill/server-process.ts'

const inUse = /^The embedded database in .* is in use by process \d+ on \S+\. Stop that process, or set SNAGLIST_DATA/
const acquired = 'acquired'

test('locks a directory once, and again after it was unlocked', () => {
  using directory = temporaryDirectory()
  const unlock = lockDirectory(directory.path)
  expect(() => lockDirectory(directory.path)).toThrow(inUse)
  unlock()
  lockDirectory(directory.path)()
})

/** A process that tries to lock each directory that it receives, and reports the outcome. */
class Contender implements Disposable {
  readonly process = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { lockDirectory } from '${new URL('../src/database/directory-lock.ts', import.meta.url)}'
      process.on('message', (directory) => {
        try {
          lockDirectory(directory)
          process.send('${acquired}')
        } catch (error) {
          process.send(error.message)
        }
      })
      process.send('')`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )

  async nextMessage(): Promise<string> {
    const [text] = await once(this.process, 'message')
    return text
  }

  async lock(directory: string): Promise<string> {
    this.process.send(directory)
    return this.nextMessage()
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL')
  }
}

test('gives a directory to one of several concurrent processes, regardless of its previous pid file', async () => {
  using directory = temporaryDirectory()
  using stack = new DisposableStack()
  const contenders = Array.from({ length: 6 }, () => stack.use(new Contender()))
  await Promise.all(contenders.map((contender) => contender.nextMessage()))
  for (const previousOwner of [
    '4194305 123',
    '4194305',
    '',
    '1 on elsewhere',
    `${process.pid} 123`,
    String(process.ppid),
  ])
    for (let round = 0; round < 4; round++) {
      const path = mkdtempSync(join(directory.path, 'round-'))
      writeFileSync(join(path, 'pid'), previousOwner)
      const outcomes = await Promise.all(contenders.map((contender) => contender.lock(path)))
      expect(outcomes.filter((outcome) => outcome === acquired)).toHaveLength(1)
    }
})

test('releases the lock of a killed process', async () => {
  using directory = temporaryDirectory()
  using contender = new Contender()
  await contender.nextMessage()
  expect(await contender.lock(directory.path)).toBe(acquired)
  expect(() => lockDirectory(directory.path)).toThrow(inUse)
  contender.process.kill('SIGKILL')
  await once(contender.process, 'exit')
  lockDirectory(directory.path)()
})
