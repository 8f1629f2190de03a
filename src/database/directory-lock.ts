import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Takes a directory for this process, by a file in it that holds the process id and when the process started: ids are
 * given again, after a restart of a container even the same ones. What a process that is gone has left is taken over.
 * Returns what gives the directory back; throws when a process that runs has it.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, 'pid')
  for (;;) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, `${process.pid} ${startOf(process.pid) ?? ''}`)
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const [owner, start] = readFileSync(path, 'utf8').split(/ (.*)/)
      if (isRunning(Number(owner), start || null))
        throw new Error(
          `Process ${owner} has the embedded database in ${directory} open. Stop it first, or set SNAGLIST_DATA to another directory.`,
        )
      rmSync(path, { force: true })
    }
  }
}

/** Whether the process runs that had an id and started then; where that is not known, any other than this one with that id. */
function isRunning(pid: number, start: string | null): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const current = startOf(pid)
  return start === null || current === null ? pid !== process.pid : start === current
}

/** When a process started, in words that only have to differ between processes; null where the system does not tell. */
function startOf(pid: number): string | null {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    // The 22nd field of proc(5)'s stat, counted from the end of the second, a name that may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
