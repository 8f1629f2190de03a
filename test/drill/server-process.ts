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
  SNAGLIST_SECRET: 'a secret of at least 32 characters',
  SNAGLIST_WEBHOOK_HOSTS: '127.0.0.1',
}

/** A server in a separate process, which can be killed and restarted on the same port. */
export class ServerProcess implements AsyncDisposable {
  url = ''
  private readonly env: Readonly<Record<string, string>>
  private command: Command | null = null
  private startPromise: Promise<unknown> = Promise.resolve()
  private port = '0'
  /** The output of previous processes. */
  private previousOutput = ''

  /** `database` is DATABASE_URL or SNAGLIST_DATA. */
  constructor(database: Readonly<Record<string, string>>) {
    this.env = { ...settings, ...database }
  }

  /** Resolves when the process is listening. */
  async start(): Promise<void> {
    const command = new Command(['serve'], { ...this.env, PORT: this.port })
    this.command = command
    const startPromise = command.waitForOutput(/listening on (http:\/\/localhost:(\d+))\/graphql/)
    this.startPromise = startPromise
    const [, url = '', port = ''] = await startPromise
    this.url = url.replace('localhost', '127.0.0.1')
    this.port = port
  }

  waitUntilListening(): Promise<unknown> {
    return this.startPromise
  }

  /** Kills the process, does the work on its database, and starts the next process without waiting for it. */
  async crash(work: () => Promise<unknown> = async () => {}): Promise<void> {
    const { command } = this
    const next = Promise.withResolvers<void>()
    this.startPromise = next.promise
    command?.process.kill('SIGKILL')
    await command?.waitForExit()
    this.previousOutput += command?.output ?? ''
    await work()
    this.start().then(next.resolve, next.reject)
  }

  /** Starts another process on the same database, and returns its exit code and output. */
  async startSecond(): Promise<{ readonly code: number | null; readonly output: string }> {
    await using other = new Command(['serve'], { ...this.env, PORT: '0' })
    return { code: await other.waitForExit(), output: other.output }
  }

  get isRunning(): boolean {
    return this.command?.process.exitCode === null && this.command.process.signalCode === null
  }

  /** The output of all processes. */
  get output(): string {
    return this.previousOutput + (this.command?.output ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command?.[Symbol.asyncDispose]()
  }
}

/** Disposing it deletes it. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'snaglist-drill-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
