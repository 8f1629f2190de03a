import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './sockets.ts'

export interface PgBouncer extends AsyncDisposable {
  /** The URL of PostgreSQL with the address of PgBouncer. */
  readonly url: string
}

/** Starts PgBouncer in transaction mode, with its default settings, for all databases of a PostgreSQL server. */
export async function startPgBouncer(postgres: string): Promise<PgBouncer> {
  const url = new URL(postgres)
  const { hostname, port, username, password } = url
  url.hostname = '127.0.0.1'
  url.port = String(await findFreePort())
  const directory = mkdtempSync(join(tmpdir(), 'pgbouncer-'))
  const file = join(directory, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]
* = host=${hostname} port=${port || 5432} user=${username || 'postgres'} ${password && `password=${decodeURIComponent(password)}`}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${url.port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
  )
  // PgBouncer does not run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'daemon'] : []
  if (user.length > 0) chmodSync(directory, 0o755)
  // Debian installs it for administrators.
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }
  const child = spawn('pgbouncer', [...user, file], { stdio: ['ignore', 'ignore', 'pipe'], env })
  const closed = once(child, 'close')
  const started = new Promise<void>((resolve, reject) => {
    let log = ''
    child.stderr.on('data', (text) => {
      log += text
      if (log.includes('process up')) resolve()
    })
    closed.then(
      () => reject(new Error(`PgBouncer has ended:\n${log}`)),
      () => reject(new Error('PgBouncer is not installed. Install it, for example with: apt-get install pgbouncer')),
    )
  })
  try {
    await started
  } catch (error) {
    rmSync(directory, { recursive: true })
    throw error
  }
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT')
      await closed
      rmSync(directory, { recursive: true })
    },
  }
}
