import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Mount point of a file system in memory, which requires Linux and root. */
export const disk = mkdtempSync(join(tmpdir(), 'snaglist-disk-'))
export const mount = (size: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk])
export const resize = (size: string) => execFileSync('mount', ['-o', `remount,size=${size}`, disk])
export const unmount = () => execFileSync('umount', [disk])

export function canMount(): boolean {
  try {
    mount('1m')
    unmount()
    return true
  } catch {
    return false
  }
}
