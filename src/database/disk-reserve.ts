import { randomBytes } from 'node:crypto'
import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const megabyte = 1_000_000
// PostgreSQL panics if it cannot create a segment of its write-ahead log, which has 16 MB.
const minFreeBytes = 24 * megabyte
const reserveBytes = 32 * megabyte
/** With less free space than this after its creation, the reserve would take the space of the writes. */
const minFreeAfterCreation = 64 * megabyte

/**
 * Keeps space on the disk of the embedded database for reads and shutdown: a file that is deleted when another process
 * fills the disk, and created again when there is room.
 */
export interface DiskReserve {
  /** Deletes the file if the disk is almost full: recovery after a crash needs space. */
  readonly releaseIfNeeded: () => void
  /** True if writes must be refused: less than 24 MB are free, or the reserve was needed. */
  readonly isDiskFull: () => boolean
}

export function createDiskReserve(path: string): DiskReserve {
  let exists = statSync(path, { throwIfNoEntry: false })?.size === reserveBytes
  let wasNeeded = false

  // A process that is killed leaves an incomplete reserve.
  if (!exists) rmSync(path, { force: true })
  const freeBytes = () => freeBytesOf(dirname(path))
  const release = () => {
    rmSync(path, { force: true })
    exists = false
  }
  const releaseIfNeeded = () => {
    if (!exists || freeBytes() >= minFreeBytes / 2) return
    release()
    wasNeeded = true
  }
  const create = () => {
    try {
      writeReserve(path)
      exists = true
      wasNeeded = false
    } catch {
      release()
    }
  }
  return {
    releaseIfNeeded,
    isDiskFull() {
      releaseIfNeeded()
      if (!exists && freeBytes() > reserveBytes + minFreeAfterCreation) create()
      return freeBytes() < minFreeBytes + (wasNeeded ? reserveBytes : 0)
    },
  }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

/** Random bytes, since file systems may store zeros without using space. */
function writeReserve(path: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    const block = randomBytes(megabyte)
    for (let written = 0; written < reserveBytes; written += block.length)
      if (writeSync(file, block) < block.length) throw new Error('The disk is full.')
  } finally {
    closeSync(file)
  }
}
