import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartupError } from '../startup-errors.ts'

/** Keeps the handles reachable: a garbage-collected handle would release its lock. */
const openLocks = new Set<DatabaseSync>()

const sqliteBusy = 5

export class DatabaseInUse extends StartupError {
  /** Address of the server that uses the directory; null for a command, and for a server that does not listen yet. */
  readonly url: string | null

  constructor(directory: string, owner: string, url: string | null) {
    super(
      `The embedded database in ${directory} is in use by ${owner}.`,
      'Stop that process, or set SNAGLIST_DATA to another directory.',
    )
    this.url = url
  }
}

/**
 * Locks a directory for this process and returns a function that unlocks it. The operating system releases the lock of a
 * file when the process ends for any reason, also across containers. Node offers file locks only through SQLite.
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, 'lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN IMMEDIATE')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error
    throw new DatabaseInUse(directory, ...readOwner(directory))
  }
  recordOwner(directory)
  openLocks.add(lock)
  return () => {
    lock.close()
    openLocks.delete(lock)
  }
}

const ownerFile = (directory: string) => join(directory, 'pid')

/** For other processes, which cannot open the database. `url` is the address of this server. */
export function recordOwner(directory: string, url = ''): void {
  // Replaced, since another user could create a symbolic link in a shared directory.
  rmSync(ownerFile(directory), { force: true })
  const text = `process ${process.pid} on ${hostname()}\n${url}`
  writeFileSync(ownerFile(directory), text, { flag: 'wx', mode: 0o600 })
}

function readOwner(directory: string): [owner: string, url: string | null] {
  try {
    const [owner, url] = readFileSync(ownerFile(directory), 'utf8').split('\n')
    return [owner || 'another process', url || null]
  } catch {
    return ['another process', null]
  }
}
