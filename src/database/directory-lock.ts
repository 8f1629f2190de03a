import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CannotStart } from '../cannot-start.ts'

/** What is locked: what nobody holds is collected, and with it the lock. */
const held = new Set<DatabaseSync>()

/** SQLite's code for what somebody else has locked. */
const busy = 5

/**
 * Takes a directory for this process, by a lock on a file in it that the operating system gives back when the process
 * ends, however it ends: nothing is left to be judged stale, and containers, whose process ids mean nothing to each other,
 * share it as processes do. Node locks files through SQLite alone; that file stays empty. Returns what gives the
 * directory back; throws when somebody has it.
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, 'lock'), { timeout: 0 })
  const owner = join(directory, 'pid')
  try {
    lock.exec('BEGIN IMMEDIATE')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== busy) throw error
    throw new CannotStart(
      `${nameIn(owner)} has the embedded database in ${directory} open.`,
      'Stop it first, or set SNAGLIST_DATA to another directory.',
    )
  }
  // For the words above alone.
  writeFileSync(owner, `Process ${process.pid} on ${hostname()}`)
  held.add(lock)
  return () => {
    lock.close()
    held.delete(lock)
  }
}

function nameIn(owner: string): string {
  try {
    return readFileSync(owner, 'utf8') || 'Another process'
  } catch {
    return 'Another process'
  }
}
