import { execFile } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import pg from 'pg'
import { reasonOf, StartupError } from '../startup-errors.ts'
import { lockDirectory } from './directory-lock.ts'
import { createDiskReserve } from './disk-reserve.ts'
import { createEmbeddedSession, type EmbeddedSession } from './embedded-session.ts'
import { initialFilesPath } from './initial-files.ts'
import { compilePGlite, openPGlite } from './pglite.ts'
import { setRequiredSettings } from './session.ts'

export interface Embedded extends AsyncDisposable {
  readonly pool: pg.Pool
  readonly pglite: PGlite
  /** See `EmbeddedSession`. */
  readonly failure: AbortSignal
}

// Modes of a directory.
const ownerOnly = 0o700
const sticky = 0o1000

const databasePath = (directory: string) => join(resolve(directory), 'database')

/** A directory without PG_VERSION contains no database yet. */
export const hasEmbedded = (directory: string): boolean => existsSync(join(databasePath(directory), 'PG_VERSION'))

/** Creates the directory if necessary. Throws if another process uses it: two processes would corrupt the files. */
export async function openEmbedded(directory: string): Promise<Embedded> {
  const path = resolve(directory)
  try {
    mkdirSync(path, { recursive: true, mode: ownerOnly })
    accessSync(path, constants.W_OK)
    // PGlite makes every file readable and writable for all users.
    for (const existingPath of [path, databasePath(directory)]) makePrivate(existingPath)
  } catch (error) {
    throw new StartupError(
      `The directory of the embedded database cannot be created, written or made private: ${reasonOf(error)}.`,
      'Set SNAGLIST_DATA to a directory that this user owns.',
    )
  }
  let unlock: (() => void) | undefined
  try {
    unlock = lockDirectory(path)
    const reserve = createDiskReserve(join(path, 'reserve'))
    reserve.releaseIfNeeded()
    const compilation = compilePGlite()
    // The directory must be complete before its lock can be released.
    const [creation] = await Promise.allSettled([
      hasEmbedded(directory) ? null : createDatabaseDirectory(databasePath(directory)),
      compilation,
    ])
    if (creation.status === 'rejected') throw creation.reason
    const pglite = await openPGlite({ dataDir: databasePath(directory), pgliteWasmModule: await compilation })
    return createEmbeddedPool(pglite, { files: { directory: databasePath(directory), reserve }, onClosed: unlock })
  } catch (error) {
    if (error instanceof StartupError) throw error
    unlock?.()
    throw new StartupError(
      `The embedded database in ${path} cannot be opened: ${reasonOf(error)}.`,
      'Check the free disk space. Otherwise restore a backup, or set SNAGLIST_DATA to another directory.',
      { cause: error },
    )
  }
}

/**
 * Changes the mode of a directory of this user, since other users could replace the database in a directory that they can
 * write, except in one like /tmp, whose sticky bit prevents it.
 */
function makePrivate(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  const isOwn = stats?.uid === process.getuid?.()
  if (stats && isOwn && !(stats.mode & sticky) && stats.mode & 0o077) chmodSync(path, ownerOnly)
}

/**
 * In a process of its own, because a process keeps the memory that the creation needs. The directory gets its name when
 * it is complete.
 */
async function createDatabaseDirectory(path: string): Promise<void> {
  const prefix = `${basename(path)}.new-`
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { recursive: true, force: true })
  // A unique name: a child process of a killed server may still write to its directory.
  const newPath = mkdtempSync(join(dirname(path), prefix))
  // Without an archive, PGlite is compiled. V8's fast compiler, Liftoff, suits a short process.
  const program = new URL(`create-embedded${extname(import.meta.url)}`, import.meta.url)
  try {
    await promisify(execFile)(process.execPath, ['--liftoff-only', fileURLToPath(program), initialFilesPath(), newPath])
    renameSync(newPath, path)
  } catch (error) {
    rmSync(newPath, { recursive: true, force: true })
    const { stderr } = error as { readonly stderr?: string }
    throw stderr ? new Error(stderr) : error
  }
}

interface PoolOptions {
  /** Null for a database in memory. */
  readonly files?: Parameters<typeof createEmbeddedSession>[1]
  readonly onClosed?: () => void
}

/** Disposing the result closes the pool and PGlite, then calls `onClosed`. */
export function createEmbeddedPool(pglite: PGlite, { files = null, onClosed = () => {} }: PoolOptions = {}): Embedded {
  const session = createEmbeddedSession(pglite, files)
  const pool = new pg.Pool({
    Client: createClientClass(session),
    max: 1,
    connectionTimeoutMillis: 60_000,
    idleTimeoutMillis: 0,
    onConnect: setRequiredSettings,
  } as pg.PoolConfig)
  return {
    pool,
    pglite,
    failure: session.failure,
    async [Symbol.asyncDispose]() {
      await pool.end()
      if (!session.failure.aborted) await pglite.close()
      onClosed()
    },
  }
}

/**
 * All clients use the one session of PGlite. The pool drops a client whose query failed while its results are pending,
 * so a new client connects only after the previous one has ended. Otherwise it would receive these results.
 */
function createClientClass(session: EmbeddedSession): typeof pg.Client {
  let lastEnd: Promise<void> = Promise.resolve()
  return class extends pg.Client {
    constructor(options: pg.ClientConfig) {
      // It uses only the members of a session.
      const config = createPgConfig(session as unknown as PGlite)
      const { connection } = config
      const previousEnd = lastEnd
      const { promise, resolve } = Promise.withResolvers<void>()
      lastEnd = promise
      const parse = connection.parse.bind(connection)
      const connect = connection.connect.bind(connection)
      const end = connection.end.bind(connection)
      // Prisma's adapter passes `types` as an object for pg; PGlite expects an array of parameter types.
      connection.parse = (query) => parse(Array.isArray(query.types) ? query : { ...query, types: undefined })
      const emit = connection.emit.bind(connection)
      // An error event without a listener, after the end of the client, would end the process.
      connection.emit = (event, ...args) =>
        (event === 'error' && connection.listenerCount(event) === 0) || emit(event, ...args)
      connection.connect = (port, host) => previousEnd.then(() => connect(port, host))
      connection.end = () => {
        end()
        connection.once('end', resolve)
      }
      super({ ...options, ...config } as pg.ClientConfig)
    }
  }
}
