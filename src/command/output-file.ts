import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { reasonOf } from '../startup-errors.ts'
import { CommandError } from './command.ts'

/**
 * Writes a file that gets its name when it is complete, so that a failure or SIGINT leaves no part of it and keeps the
 * previous file. Writes directly to a device or named pipe.
 */
export async function writeWholeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const isReplaceable = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true
  const writtenPath = isReplaceable ? `${path}.part` : path
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    await pipeline(chunks, createWriteStream(writtenPath), { signal: interruption.signal })
    if (isReplaceable) renameSync(writtenPath, path)
  } catch (error) {
    if (isReplaceable) rmSync(writtenPath, { force: true })
    if (interruption.signal.aborted) throw new CommandError(`Interrupted: ${path} was not written.`)
    if (error instanceof CommandError) throw error
    throw new CommandError(`The file ${path} cannot be written: ${reasonOf(error)}.`)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}
