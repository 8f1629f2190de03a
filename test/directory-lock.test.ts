import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockDirectory } from '../src/database/directory-lock.ts'
import { temporaryDirectory } from './drill/served.ts'

const taken = /^Process \d+ on \S+ has the embedded database in .* open\. Stop it first, or set SNAGLIST_DATA/
const free = 'nobody has it'

test('a directory is taken once, and again after it was given back', () => {
  using directory = temporaryDirectory()
  const unlock = lockDirectory(directory.path)
  expect(() => lockDirectory(directory.path)).toThrow(taken)
  unlock()
  lockDirectory(directory.path)()
})

/** A process that takes each directory that it is told, keeps it, and answers what it heard. */
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
          process.send('${free}')
        } catch (error) {
          process.send(error.message)
        }
      })
      process.send('')`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )

  async said(): Promise<string> {
    const [text] = await once(this.process, 'message')
    return text
  }

  async take(directory: string): Promise<string> {
    this.process.send(directory)
    return this.said()
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL')
  }
}

test('of many processes at once one takes a directory, whatever another has left in it', async () => {
  using directory = temporaryDirectory()
  using stack = new DisposableStack()
  const contenders = Array.from({ length: 6 }, () => stack.use(new Contender()))
  await Promise.all(contenders.map((contender) => contender.said()))
  for (const left of ['4194305 123', '4194305', '', '1 on elsewhere', `${process.pid} 123`, String(process.ppid)])
    for (let round = 0; round < 4; round++) {
      const path = mkdtempSync(join(directory.path, 'round-'))
      writeFileSync(join(path, 'pid'), left)
      const heard = await Promise.all(contenders.map((contender) => contender.take(path)))
      expect(heard.filter((text) => text === free)).toHaveLength(1)
    }
})

test('a process that is killed gives its directory back', async () => {
  using directory = temporaryDirectory()
  using contender = new Contender()
  await contender.said()
  expect(await contender.take(directory.path)).toBe(free)
  expect(() => lockDirectory(directory.path)).toThrow(taken)
  contender.process.kill('SIGKILL')
  await once(contender.process, 'exit')
  lockDirectory(directory.path)()
})
