import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../support/sockets.ts'

/** A separate PostgreSQL server, which can be stopped. */
export interface OwnPostgres extends AsyncDisposable {
  readonly url: string
  /** Stops it without a shutdown, like a crash. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

/** Returns the directory of PostgreSQL's programs; null if it is not installed. */
export function findPrograms(): string | null {
  const candidates = globSync('/usr/lib/postgresql/*/bin').sort().reverse()
  try {
    candidates.unshift(execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim())
  } catch {
    // pg_config is part of development packages.
  }
  return candidates.find((directory) => existsSync(join(directory, 'pg_ctl'))) ?? null
}

/** Creates and starts a PostgreSQL server in an empty directory on a free port. */
export async function startPostgres(programs: string, directory: string): Promise<OwnPostgres> {
  const owner = ownerOf(directory)
  const data = join(directory, 'data')
  const log = join(directory, 'log')
  const port = await findFreePort()
  const run = async (program: string, ...args: string[]) => {
    // The server would keep a pipe open.
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

/** The user that runs PostgreSQL, which rejects root. */
function ownerOf(directory: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => {
    for (const user of ['postgres', 'daemon'])
      try {
        return Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      } catch {
        // Tries the next user.
      }
    throw new Error('Running PostgreSQL as root requires a user `postgres` or `daemon`.')
  }
  const [uid, gid] = [id('-u'), id('-g')]
  chownSync(directory, uid, gid)
  return { uid, gid }
}
