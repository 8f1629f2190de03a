import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, openSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A PostgreSQL of the drill's own, which others do not notice when it stops. */
export interface OwnPostgres extends AsyncDisposable {
  readonly url: string
  /** Stops it as a crash does. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

/** Where the programs of PostgreSQL are; null where it is not installed. */
export function findPrograms(): string | null {
  const candidates = globSync('/usr/lib/postgresql/*/bin').sort().reverse()
  try {
    candidates.unshift(execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim())
  } catch {
    // It belongs to packages for development.
  }
  return candidates.find((directory) => existsSync(join(directory, 'pg_ctl'))) ?? null
}

/** Makes a PostgreSQL in an empty directory, on a free port, and starts it. */
export async function startPostgres(programs: string, directory: string): Promise<OwnPostgres> {
  const owner = ownerOf(directory)
  const data = join(directory, 'data')
  const log = join(directory, 'log')
  const port = await freePort()
  const run = async (program: string, ...args: string[]) => {
    // Not to a pipe: the server would keep it open.
    const output = openSync(log, 'a')
    const child = spawn(join(programs, program), args, { ...owner, cwd: directory, stdio: ['ignore', output, output] })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`${program} failed:\n${readFileSync(log, 'utf8')}`)
  }
  const start = () =>
    run('pg_ctl', 'start', '-w', '-D', data, '-o', `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1`)
  const stop = () => run('pg_ctl', 'stop', '-w', '-m', 'immediate', '-D', data)
  await run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale', 'C')
  await start()
  return { url: `postgresql://postgres@127.0.0.1:${port}/postgres`, start, stop, [Symbol.asyncDispose]: stop }
}

/** Who PostgreSQL is to run as: not root, whom it refuses. */
function ownerOf(directory: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => {
    for (const user of ['postgres', 'nobody'])
      try {
        return Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      } catch {
        // There is no such user: the next.
      }
    throw new Error('There is neither a user postgres nor a user nobody to run PostgreSQL as.')
  }
  const [uid, gid] = [id('-u'), id('-g')]
  chownSync(directory, uid, gid)
  return { uid, gid }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
