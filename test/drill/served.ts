import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from '../support/command.ts'

const settings = {
  SNAGLIST_DEMO: '0',
  SNAGLIST_SIGN_UP: 'open',
  SNAGLIST_RATE_POINTS: '0',
  SNAGLIST_RATE_REQUESTS: '0',
  SNAGLIST_LOG_LEVEL: 'error',
}

/** A server in a process of its own, which is killed and started again on the same port. */
export class Served implements AsyncDisposable {
  url = ''
  private readonly env: Readonly<Record<string, string>>
  private command: Command | null = null
  private listening: Promise<unknown> = Promise.resolve()
  private port = '0'
  /** What processes that have gone printed. */
  private former = ''

  /** `database` is DATABASE_URL or SNAGLIST_DATA. */
  constructor(database: Readonly<Record<string, string>>) {
    this.env = { ...settings, ...database }
  }

  /** Resolves once it listens. */
  async start(): Promise<void> {
    const command = new Command(['serve'], { ...this.env, PORT: this.port })
    this.command = command
    const listens = command.printed(/listening on (http:\/\/localhost:(\d+))\/graphql/)
    this.listening = listens
    const [, url = '', port = ''] = await listens
    this.url = url.replace('localhost', '127.0.0.1')
    this.port = port
  }

  /** Resolves once the process that was started last listens. */
  listens(): Promise<unknown> {
    return this.listening
  }

  /** Ends the process as a crash does, and begins to start the next: `listens` tells when it is there. */
  async crash(): Promise<void> {
    const { command } = this
    const next = Promise.withResolvers<void>()
    this.listening = next.promise
    command?.process.kill('SIGKILL')
    await command?.ended()
    this.former += command?.output ?? ''
    this.start().then(next.resolve, next.reject)
  }

  /** Starts another process on the same database, and returns its exit code and what it printed. */
  async second(): Promise<{ readonly code: number | null; readonly output: string }> {
    await using other = new Command(['serve'], { ...this.env, PORT: '0' })
    return { code: await other.ended(), output: other.output }
  }

  /** Whether its process lives. */
  get runs(): boolean {
    return this.command?.process.exitCode === null && this.command.process.signalCode === null
  }

  /** What its processes have logged. */
  get output(): string {
    return this.former + (this.command?.output ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command?.[Symbol.asyncDispose]()
  }
}

/** A directory for as long as it is in use. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'snaglist-drill-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
