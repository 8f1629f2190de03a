import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { run } from '../../src/command/run.ts'

const bin = join(import.meta.dirname, '../../bin/snaglist.js')
const fastHashing = { SNAGLIST_BCRYPT_COST: '4' }

interface CommandResult {
  readonly code: number
  /** Of both streams, in their order. */
  readonly output: string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in this process. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<CommandResult> {
  const result = { output: '', stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _encoding, onDone) {
        result[name] += chunk
        result.output += chunk
        onDone()
      },
    })
  const context = { stdin: Readable.from([input]), stdout: sink('stdout'), stderr: sink('stderr') }
  const code = await run(args, { env: { ...fastHashing, ...env }, ...context })
  return { code, ...result }
}

export class Command implements AsyncDisposable {
  readonly process: ChildProcess
  output = ''
  private readonly closePromise: Promise<unknown>

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    // Liftoff compiles the embedded database fast, which suits short processes.
    this.process = spawn(process.execPath, ['--liftoff-only', bin, ...args], {
      env: { PATH: process.env['PATH'], ...fastHashing, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.closePromise = once(this.process, 'close')
    for (const stream of [this.process.stdout, this.process.stderr]) stream?.on('data', (text) => (this.output += text))
  }

  async waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output)
      if (match) return match
      if (this.process.exitCode !== null)
        throw new Error(`The process ended before it printed ${pattern}:\n${this.output}`)
      await Promise.race([once(this.process.stdout as never, 'data'), once(this.process, 'close')])
    }
  }

  /** Returns the exit code. */
  async waitForExit(): Promise<number | null> {
    // Output can arrive after `exit`, but not after `close`.
    await this.closePromise
    return this.process.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGTERM')
    await this.waitForExit()
  }
}
