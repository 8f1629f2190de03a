import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archiveInitialFiles, initialFilesPath } from '../src/database/initial-files.ts'
import { openPGlite } from '../src/database/pglite.ts'

// A program that archives the files of an empty embedded database, from which servers create theirs.
using directory = mkdtempDisposableSync(join(tmpdir(), 'snaglist-initial-files-'))
await (await openPGlite({ dataDir: directory.path })).close()
archiveInitialFiles(directory.path, initialFilesPath())
