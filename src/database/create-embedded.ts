import { reasonOf } from '../startup-errors.ts'
import { openPGlite } from './pglite.ts'

// A program that creates an embedded database in the directory of its argument.
try {
  const pglite = await openPGlite({ dataDir: process.argv[2] as string })
  await pglite.close()
  process.exit(0)
} catch (error) {
  process.stderr.write(reasonOf(error))
  process.exit(1)
}
