import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import pg from 'pg'
import { reasonOf, StartupError } from '../startup-errors.ts'
import { lockDirectory } from './directory-lock.ts'

export interface Embedded extends AsyncDisposable {
  readonly pool: pg.Pool
  readonly pglite: PGlite
}

const databasePath = (directory: string) => join(resolve(directory), 'database')

/** A directory without PG_VERSION contains no database yet. */
export const hasEmbedded = (directory: string): boolean => existsSync(join(databasePath(directory), 'PG_VERSION'))

/** Creates the directory if necessary. Throws if another process uses it: two processes would corrupt the files. */
export async function openEmbedded(directory: string): Promise<Embedded> {
  const path = resolve(directory)
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw new StartupError(
      `The directory of the embedded database cannot be created or written: ${reasonOf(error)}.`,
      'Set SNAGLIST_DATA to a directory that this user can write.',
    )
  }
  const unlock = lockDirectory(path)
  try {
    return createEmbeddedPool(await openPGlite({ dataDir: databasePath(directory) }), unlock)
  } catch (error) {
    unlock()
    throw new StartupError(
      `The embedded database in ${path} cannot be opened: ${reasonOf(error)}.`,
      'Check the free disk space. Otherwise restore a backup, or set SNAGLIST_DATA to another directory.',
      { cause: error },
    )
  }
}

export const openPGlite = (options: PGliteOptions = {}) => PGlite.create({ ...options, extensions: { pg_trgm } })

/** Disposing the result closes the pool and PGlite, then calls `onClosed`. */
export function createEmbeddedPool(pglite: PGlite, onClosed: () => void = () => {}): Embedded {
  const pool = new pg.Pool({
    Client: createClientClass(pglite),
    max: 1,
    connectionTimeoutMillis: 60_000,
    idleTimeoutMillis: 0,
  } as pg.PoolConfig)
  return {
    pool,
    pglite,
    async [Symbol.asyncDispose]() {
      await pool.end()
      await pglite.close()
      onClosed()
    },
  }
}

/**
 * All clients use the one session of PGlite. The pool drops a client whose query failed while its results are pending,
 * so a new client connects only after the previous one has ended. Otherwise it would receive these results.
 */
function createClientClass(pglite: PGlite): typeof pg.Client {
  let lastEnd: Promise<void> = Promise.resolve()
  return class extends pg.Client {
    constructor(options: pg.ClientConfig) {
      const config = createPgConfig(pglite)
      const { connection } = config
      const previousEnd = lastEnd
      const { promise, resolve } = Promise.withResolvers<void>()
      lastEnd = promise
      const parse = connection.parse.bind(connection)
      const connect = connection.connect.bind(connection)
      const end = connection.end.bind(connection)
      // Prisma's adapter passes `types` as an object for pg; PGlite expects an array of parameter types.
      connection.parse = (query) => parse(Array.isArray(query.types) ? query : { ...query, types: undefined })
      connection.connect = (port, host) => previousEnd.then(() => connect(port, host))
      connection.end = () => {
        end()
        connection.once('end', resolve)
      }
      super({ ...options, ...config } as pg.ClientConfig)
    }
  }
}
