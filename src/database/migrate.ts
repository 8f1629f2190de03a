import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'
import { reasonOf, StartupError } from '../startup-errors.ts'
import { parseDatabaseError } from './database-error.ts'

const directory = new URL('../../prisma/migrations/', import.meta.url)
// The advisory lock of `prisma migrate deploy`.
const advisoryLock = 72707369
const insufficientPrivilege = '42501'

interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface AppliedMigration {
  readonly name: string
  readonly checksum: string
}

const appliedMigrations =
  'SELECT migration_name AS name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL'

let migrations: readonly Migration[] | undefined

export function listMigrations(): readonly Migration[] {
  migrations ??= readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(`${name}/migration.sql`, directory), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
  return migrations
}

/**
 * Applies pending migrations in one transaction, under a lock, so that several servers can start concurrently. Records them
 * like Prisma. Returns their names. Throws without changes if the database is newer or an applied migration has changed.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new StartupError(
      `Cannot connect to the database: ${reasonOf(error)}.`,
      'Check DATABASE_URL, and that the database is running and accepts the user of the URL.',
    )
  })
  try {
    // Without locks and writes, so that a server can start on a full disk.
    const { pending: previouslyPending, problem } = await migrationState(client)
    if (previouslyPending.length === 0 && problem === null) return []
    await client.query('BEGIN')
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0')
    await client.query(`SELECT pg_advisory_xact_lock(${advisoryLock})`)
    await client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
      logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`)
    const { rows } = await client.query<AppliedMigration>(appliedMigrations)
    const pending = pendingMigrations(new Map(rows.map(({ name, checksum }) => [name, checksum])))
    for (const { name, sql, checksum } of pending) {
      await client.query(sql)
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
         VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp(), 1)`,
        [randomUUID(), checksum, name],
      )
    }
    await client.query('COMMIT')
    return pending.map(({ name }) => name)
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    if (parseDatabaseError(error).sqlState !== insufficientPrivilege) throw error
    throw new StartupError(
      `The database user is not allowed to migrate the database: ${reasonOf(error)}.`,
      'Make it the owner of the database: ALTER DATABASE … OWNER TO ….',
      { cause: error },
    )
  } finally {
    client.release()
  }
}

/** Changes nothing. `problem` is the message with which `migrate` would fail. */
export async function migrationState(
  pool: Pick<pg.Pool, 'query'>,
): Promise<{ pending: string[]; problem: string | null }> {
  const { rows: tables } = await pool.query("SELECT FROM pg_tables WHERE tablename = '_prisma_migrations'")
  const rows = tables.length === 0 ? [] : (await pool.query<AppliedMigration>(appliedMigrations)).rows
  try {
    const pending = pendingMigrations(new Map(rows.map(({ name, checksum }) => [name, checksum])))
    return { pending: pending.map(({ name }) => name), problem: null }
  } catch (error) {
    return { pending: [], problem: (error as Error).message }
  }
}

export async function isMigrated(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<AppliedMigration>(appliedMigrations)
  const applied = new Set(rows.map(({ name }) => name))
  return listMigrations().every(({ name }) => applied.has(name))
}

function pendingMigrations(applied: ReadonlyMap<string, string>): Migration[] {
  const known = new Set(listMigrations().map(({ name }) => name))
  const unknown = [...applied.keys()].filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new StartupError(
      `The database is newer than this server: it has the unknown migrations ${unknown.join(', ')}.`,
      'Run a newer version of Snaglist.',
    )
  const changed = listMigrations().filter(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum)
  if (changed.length > 0)
    throw new StartupError(
      `Migrations were changed after they were applied: ${changed.map(({ name }) => name).join(', ')}.`,
      'Restore their files from the release.',
    )
  return listMigrations().filter(({ name }) => !applied.has(name))
}
