import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import pg from 'pg'
import { CannotStart, reasonOf } from '../cannot-start.ts'
import { lockDirectory } from './directory-lock.ts'

/** PostgreSQL in this process, behind a pool of its only connection. */
export interface Embedded extends AsyncDisposable {
  readonly pool: pg.Pool
  readonly pglite: PGlite
}

const within = (directory: string) => join(resolve(directory), 'database')

/** Whether there is an embedded database in a directory: what has no version, PostgreSQL would begin anew. */
export const hasEmbedded = (directory: string): boolean => existsSync(join(within(directory), 'PG_VERSION'))

/**
 * Opens the embedded database in a directory, made if it is not there.
 * Throws when another process has it open: two would ruin its files.
 */
export async function openEmbedded(directory: string): Promise<Embedded> {
  const path = resolve(directory)
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw new CannotStart(
      `The directory of the embedded database cannot be created or written: ${reasonOf(error)}.`,
      'Set SNAGLIST_DATA to a directory that this user can write.',
    )
  }
  const unlock = lockDirectory(path)
  try {
    return poolOver(await openPGlite({ dataDir: within(directory) }), unlock)
  } catch (error) {
    unlock()
    throw new CannotStart(
      `The embedded database in ${path} cannot be opened: ${reasonOf(error)}.`,
      'Check the free disk space. Otherwise restore a backup, or set SNAGLIST_DATA to another directory.',
      { cause: error },
    )
  }
}

/** Opens a PGlite with the extensions that migrations ask for; in memory where no directory is given. */
export const openPGlite = (options: PGliteOptions = {}) => PGlite.create({ ...options, extensions: { pg_trgm } })

/** A pool over a PGlite that is already open; it is closed with the pool, and `afterwards` is called then. */
export function poolOver(pglite: PGlite, afterwards: () => void = () => {}): Embedded {
  const pool = new pg.Pool({
    Client: clientOver(pglite),
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
      afterwards()
    },
  }
}

/**
 * The client class of a pool over PGlite, which has one session for all of them. The pool drops a client whose query
 * failed while answers to it are still on their way: each client has its own connection, which begins when the one
 * before has ended, so that no answer reaches the next caller.
 */
function clientOver(pglite: PGlite): typeof pg.Client {
  let ended: Promise<void> = Promise.resolve()
  return class extends pg.Client {
    constructor(options: pg.ClientConfig) {
      const config = createPgConfig(pglite)
      const { connection } = config
      const before = ended
      const { promise, resolve } = Promise.withResolvers<void>()
      ended = promise
      const parse = connection.parse.bind(connection)
      const connect = connection.connect.bind(connection)
      const end = connection.end.bind(connection)
      // Prisma's adapter gives `types` as an object, which pg only passes on; PGlite wants parameter types, an array.
      connection.parse = (query) => parse(Array.isArray(query.types) ? query : { ...query, types: undefined })
      connection.connect = (port, host) => before.then(() => connect(port, host))
      connection.end = () => {
        end()
        connection.once('end', resolve)
      }
      super({ ...options, ...config } as pg.ClientConfig)
    }
  }
}
