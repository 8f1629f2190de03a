import { reasonOf } from '../startup-errors.ts'
import { extractInitialFiles } from './initial-files.ts'

// A program that creates an embedded database from an archive. Without a valid archive, PGlite creates it, in seconds.
try {
  const [archive, directory] = process.argv.slice(2) as [string, string]
  if (!extractInitialFiles(archive, directory)) {
    const { openPGlite } = await import('./pglite.ts')
    await (await openPGlite({ dataDir: directory })).close()
  }
  process.exit(0)
} catch (error) {
  process.stderr.write(reasonOf(error))
  process.exit(1)
}
