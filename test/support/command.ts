import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { run } from '../../src/command/run.ts'

const bin = join(import.meta.dirname, '../../bin/snaglist.js')
const quickly = { SNAGLIST_BCRYPT_COST: '4' }

/** Runs a command in this process, and returns its exit code and all that it printed. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> {
  const chunks: Buffer[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const code = await run(args, { env: { ...quickly, ...env }, stdout: sink, stderr: sink })
  return { code, output: Buffer.concat(chunks).toString() }
}

/** The command line as a process of its own, with what it has printed so far. */
export class Command implements AsyncDisposable {
  readonly process: ChildProcess
  output = ''
  private readonly closed: Promise<unknown>

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    // The embedded database is compiled at each start: quickly, for a process that lives for seconds.
    this.process = spawn(process.execPath, ['--liftoff-only', bin, ...args], {
      env: { PATH: process.env['PATH'], ...quickly, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.closed = once(this.process, 'close')
    for (const stream of [this.process.stdout, this.process.stderr]) stream?.on('data', (text) => (this.output += text))
  }

  /** Waits until it has printed something that matches, and returns the match. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output)
      if (match) return match
      if (this.process.exitCode !== null) throw new Error(`It ended before it printed ${pattern}:\n${this.output}`)
      await Promise.race([once(this.process.stdout as never, 'data'), once(this.process, 'close')])
    }
  }

  /** Waits for its end and returns its exit code. */
  async ended(): Promise<number | null> {
    // Not only when it exits: what it printed last may still be on its way.
    await this.closed
    return this.process.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGTERM')
    await this.ended()
  }
}
