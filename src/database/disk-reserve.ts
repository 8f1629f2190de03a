import { randomBytes } from 'node:crypto'
import { closeSync, lstatSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const megabyte = 1_000_000
// PostgreSQL panics if it cannot create a segment of its write-ahead log, which has 16 MB. Recovery may need another one, for
// which a small disk has no space.
const minFreeBytes = { least: 24 * megabyte, most: 48 * megabyte, fractionOfDisk: 0.25 }
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
  readonly state: () => DiskState
}

interface DiskState {
  /** Writes must be refused: less than a quarter of the disk is free (at least 24 MB, at most 48), or the reserve was needed. */
  readonly isFull: boolean
  /** A few writes may fill it. */
  readonly isAlmostFull: boolean
}

export function createDiskReserve(path: string): DiskReserve {
  let exists = lstatSync(path, { throwIfNoEntry: false })?.size === reserveBytes
  let wasNeeded = false

  // A process that is killed leaves an incomplete reserve.
  if (!exists) rmSync(path, { force: true })
  const measure = () => {
    const { bavail, blocks, bsize } = statfsSync(dirname(path))
    const { least, most, fractionOfDisk } = minFreeBytes
    return { free: bavail * bsize, minFree: Math.max(least, Math.min(most, blocks * bsize * fractionOfDisk)) }
  }
  const release = () => {
    rmSync(path, { force: true })
    exists = false
  }
  const releaseIfNeeded = () => {
    const { free, minFree } = measure()
    if (!exists || free >= minFree / 2) return
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
    state() {
      releaseIfNeeded()
      if (!exists && measure().free > reserveBytes + minFreeAfterCreation) create()
      const { free, minFree } = measure()
      const required = minFree + (wasNeeded ? reserveBytes : 0)
      return { isFull: free < required, isAlmostFull: free < required * 2 }
    },
  }
}

/** Random bytes, since file systems may store zeros without using space. */
function writeReserve(path: string): void {
  // Fails for a symbolic link, which another user could create in a shared directory.
  const file = openSync(path, 'wx', 0o600)
  try {
    const block = randomBytes(megabyte)
    for (let written = 0; written < reserveBytes; written += block.length)
      if (writeSync(file, block) < block.length) throw new Error('The disk is full.')
  } finally {
    closeSync(file)
  }
}
