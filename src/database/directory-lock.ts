import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartupError } from '../startup-errors.ts'

/** Keeps the handles reachable: a garbage-collected handle would release its lock. */
const openLocks = new Set<DatabaseSync>()

const sqliteBusy = 5

/**
 * Locks a directory for this process and returns a function that unlocks it. The operating system releases the lock of a
 * file when the process ends for any reason, also across containers. Node offers file locks only through SQLite.
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, 'lock'), { timeout: 0 })
  const ownerFile = join(directory, 'pid')
  try {
    lock.exec('BEGIN IMMEDIATE')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error
    throw new StartupError(
      `The embedded database in ${directory} is in use by ${readOwner(ownerFile)}.`,
      'Stop that process, or set SNAGLIST_DATA to another directory.',
    )
  }
  // Only for the error message. Replaced, since another user could create a symbolic link in a shared directory.
  rmSync(ownerFile, { force: true })
  writeFileSync(ownerFile, `process ${process.pid} on ${hostname()}`, { flag: 'wx', mode: 0o600 })
  openLocks.add(lock)
  return () => {
    lock.close()
    openLocks.delete(lock)
  }
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, 'utf8') || 'another process'
  } catch {
    return 'another process'
  }
}
