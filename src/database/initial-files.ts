import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** The files of an empty embedded database by their paths; null is a directory, which precedes its files. */
type Files = ReadonlyMap<string, Buffer | null>

const compression = {
  params: {
    // PostgreSQL creates three databases with equal files.
    [constants.ZSTD_c_windowLog]: 26,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    [constants.ZSTD_c_checksumFlag]: 1,
  },
}

/** Path of the archive for the installed version of PGlite. `npm run prepare` creates it. */
export function initialFilesPath(): string {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'))
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return fileURLToPath(new URL(`../../prisma/generated/database-${version}.zst`, import.meta.url))
}

export function archiveInitialFiles(directory: string, archive: string): void {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  const read = (path: string) => (statSync(path).isDirectory() ? null : readFileSync(path))
  const files: Files = new Map(paths.map((path) => [path, read(join(directory, path))]))
  writeFileSync(archive, zstdCompressSync(serialize(files), compression))
}

/** Returns false without changes if the archive is missing or invalid. */
export function extractInitialFiles(archive: string, directory: string): boolean {
  let files: Files
  try {
    files = deserialize(zstdDecompressSync(readFileSync(archive)))
  } catch {
    return false
  }
  for (const [path, content] of files) {
    if (content === null) mkdirSync(join(directory, path))
    else writeFileSync(join(directory, path), content)
  }
  return true
}
