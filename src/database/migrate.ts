import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { reasonOf, StartupError } from '../startup-errors.ts'
import { parseDatabaseError } from './database-error.ts'
import type { Database } from './open.ts'
import { alterRole, cannotConnect } from './session.ts'

const directory = new URL('../../prisma/migrations/', import.meta.url)
// The advisory lock of `prisma migrate deploy`.
const advisoryLock = 72707369

interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface AppliedMigration {
  readonly name: string
  readonly checksum: string
}

const recordsIn = (schema: string) => `${pg.escapeIdentifier(schema)}._prisma_migrations`
const appliedMigrations = (records: string) =>
  `SELECT migration_name AS name, checksum FROM ${records} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`

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

const objectsExist =
  'The database has objects of another application, or of a migration that was not completed. Set DATABASE_URL to an empty database, or restore a backup.'
const objectsMissing =
  'Tables of Snaglist are missing or were changed. Restore a backup, or set DATABASE_URL to an empty database.'
const extensionMissing = 'Install the contrib modules of PostgreSQL.'
const otherRemedy = 'Check the log of the database, and that it is PostgreSQL 15 or newer. Then start again.'

/** By SQLSTATE or, for the others of a class, its first two characters. */
const remedies: Readonly<Record<string, string>> = {
  '0A000': extensionMissing,
  '58P01': extensionMissing,
  23: objectsExist,
  25006: 'The database is read-only: set DATABASE_URL to the primary server.',
  42501: 'Make the database user the owner of the database: ALTER DATABASE … OWNER TO ….',
  42601: otherRemedy,
  '42P06': objectsExist,
  '42P07': objectsExist,
  42701: objectsExist,
  42710: objectsExist,
  42723: objectsExist,
  42: objectsMissing,
  53: 'Free disk space and memory of the database server. Then start again.',
}

/** `migration` is null if none has started. */
function migrationFailure(error: unknown, migration: string | null): StartupError {
  const { sqlState = '', isUnavailable } = parseDatabaseError(error)
  const subject = migration ? `The migration ${migration}` : 'The preparation of the migrations'
  // Messages of invalid values contain them.
  const reason = sqlState.startsWith('22') ? 'a stored value is invalid' : reasonOf(error)
  const remedy =
    remedies[sqlState] ??
    (isUnavailable ? 'Check that the database is running. Then start again.' : remedies[sqlState.slice(0, 2)])
  return new StartupError(
    `${subject} failed: ${reason}${sqlState && ` (SQLSTATE ${sqlState})`}. Nothing was changed.`,
    remedy ?? otherRemedy,
    { cause: error },
  )
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw cannotConnect(error)
  }
}

/** Normalization and folding of case require UTF8, which a database cannot change later. */
async function mustBeUtf8(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding')
  const encoding = rows[0]?.server_encoding
  if (encoding !== 'UTF8')
    throw new StartupError(
      `The encoding of the database is ${encoding}; it must be UTF8.`,
      `Create a database with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8', and restore a backup into it if there is one.`,
    )
}

async function currentSchema(client: Pick<pg.Pool, 'query'>): Promise<string | null> {
  const { rows } = await client.query<{ schema: string | null }>('SELECT current_schema() AS schema')
  return rows[0]?.schema ?? null
}

/** Throws unless the user of the connection can create temporary tables, and use all tables of the owner of `users`. */
async function mustHavePrivileges(client: pg.PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `
    SELECT t.tablename AS name FROM pg_tables t JOIN pg_tables users USING (schemaname, tableowner)
    WHERE users.tablename = 'users' AND users.schemaname = $1 AND EXISTS (
      SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
      WHERE NOT has_table_privilege(format('%I.%I', t.schemaname, t.tablename), privilege))
    ORDER BY name`,
    [schema],
  )
  const { rows: privileges } = await client.query<{ temporary: boolean; grant: string }>(`
    SELECT has_database_privilege(current_database(), 'TEMPORARY') AS temporary,
      format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user) AS grant`)
  if (!privileges[0]?.temporary)
    throw new StartupError(
      'The database user is not allowed to create temporary tables, which imports use.',
      `Run ${privileges[0]?.grant}.`,
    )
  if (rows.length > 0)
    throw new StartupError(
      `The database user is not allowed to read and write the tables ${rows.map(({ name }) => name).join(', ')}.`,
      'Make it the owner of the database, or grant it SELECT, INSERT, UPDATE and DELETE on these tables.',
    )
}

/**
 * Applies pending migrations to a schema, by default the current one, in one transaction, under a lock, so that several
 * servers can start concurrently. Creates the schema. Records them like Prisma. Returns their names. Throws a StartupError
 * without changes if one fails, if the database is newer, if an applied migration has changed, or if the user cannot read
 * and write the tables.
 */
export async function migrate(pool: pg.Pool, givenSchema: string | null = null): Promise<string[]> {
  const client = await connect(pool)
  let migration: string | null = null
  try {
    const schema = givenSchema ?? (await currentSchema(client))
    if (schema === null)
      throw new StartupError(
        'The search_path of the database user contains no existing schema.',
        'Create the schema "public", or change the search_path to an existing schema.',
      )
    if (await isUpToDate(client, schema)) {
      await mustHavePrivileges(client, schema)
      return []
    }
    await mustBeUtf8(client)
    await client.query('BEGIN')
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0')
    await client.query(`SELECT pg_advisory_xact_lock(${advisoryLock})`)
    await selectSchema(client, schema)
    const records = recordsIn(schema)
    await client.query(`CREATE TABLE IF NOT EXISTS ${records} (
      id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
      logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`)
    const { rows } = await client.query<AppliedMigration>(appliedMigrations(records))
    const pending = pendingMigrations(new Map(rows.map(({ name, checksum }) => [name, checksum])))
    for (const { name, sql, checksum } of pending) {
      migration = name
      await client.query(sql)
      await client.query(
        `INSERT INTO ${records} (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
         VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp(), 1)`,
        [randomUUID(), checksum, name],
      )
    }
    await mustHavePrivileges(client, schema)
    await client.query('COMMIT')
    return pending.map(({ name }) => name)
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error instanceof StartupError ? error : migrationFailure(error, migration)
  } finally {
    client.release()
  }
}

/** The migrations use the operators of pg_trgm, which may be installed in another schema. */
async function selectSchema(client: pg.PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean; extensionSchema: string | null }>(
    `SELECT to_regnamespace(quote_ident($1)) IS NOT NULL AS exists,
       (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm') AS "extensionSchema"`,
    [schema],
  )
  const name = pg.escapeIdentifier(schema)
  const [{ exists, extensionSchema }] = rows as [(typeof rows)[number]]
  if (!exists) await client.query(`CREATE SCHEMA ${name}`)
  await client.query(`SET LOCAL search_path = ${[name, ...(extensionSchema ? [extensionSchema] : [])].join(', ')}`)
}

/** Locks and changes nothing, so that a server can start on a read-only database, such as one with a full disk. */
async function isUpToDate(client: pg.PoolClient, schema: string): Promise<boolean> {
  const { pending, problem } = await migrationState(client, schema)
  return pending.length === 0 && problem === null
}

/** Changes nothing. `problem` is the error with which `migrate` would fail. */
export async function migrationState(
  pool: Pick<pg.Pool, 'query'>,
  givenSchema: string | null = null,
): Promise<{ pending: string[]; problem: StartupError | null }> {
  const records = recordsIn(givenSchema ?? (await currentSchema(pool)) ?? 'public')
  const { rows: tables } = await pool.query('SELECT WHERE to_regclass($1) IS NOT NULL', [records])
  const rows = tables.length === 0 ? [] : (await pool.query<AppliedMigration>(appliedMigrations(records))).rows
  try {
    const pending = pendingMigrations(new Map(rows.map(({ name, checksum }) => [name, checksum])))
    return { pending: pending.map(({ name }) => name), problem: null }
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    return { pending: [], problem: error }
  }
}

/** Throws a StartupError if migrations are pending, or if `migrate` would fail. */
export async function mustBeMigrated({ pool, schema }: Pick<Database, 'pool' | 'schema'>): Promise<void> {
  const { pending, problem } = await migrationState(pool, schema)
  if (problem !== null) throw problem
  if (pending.length > 0)
    throw new StartupError(
      `The database has pending migrations: ${pending.join(', ')}.`,
      'Run `snaglist migrate`, or start the server; both apply them.',
    )
}

export async function isMigrated(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<AppliedMigration>(appliedMigrations('_prisma_migrations'))
  const applied = new Set(rows.map(({ name }) => name))
  return listMigrations().every(({ name }) => applied.has(name))
}

/** Throws a StartupError unless Prisma, which names the schema, and SQL, which does not, read the same tables. */
export async function mustAgreeOnSchema({
  pool,
  prisma,
  schema,
}: Pick<Database, 'pool' | 'prisma' | 'schema'>): Promise<void> {
  const name = pg.escapeIdentifier(schema ?? 'public')
  const { rows } = await pool.query<{ agrees: boolean; alteration: string }>(
    `SELECT to_regclass('users') IS NOT DISTINCT FROM to_regclass($1) AS agrees, ${alterRole} AS alteration`,
    [`${name}.users`],
  )
  const [{ agrees, alteration }] = rows as [(typeof rows)[number]]
  if (!agrees)
    throw new StartupError(
      `The search_path of the database user does not select the schema ${name}.`,
      `Run ${alteration} search_path = ${name};`,
    )
  // The embedded database has one schema, and its start is a tenth of a second faster without Prisma.
  if (schema === null) return
  await prisma.user.findFirst({ select: { id: true } }).catch((error) => {
    throw new StartupError(
      `Prisma cannot read the schema ${name}: ${reasonOf(error).replaceAll(/\s+/g, ' ')}.`,
      otherRemedy,
    )
  })
}

function pendingMigrations(applied: ReadonlyMap<string, string>): Migration[] {
  const known = new Set(listMigrations().map(({ name }) => name))
  const unknown = [...applied.keys()].filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new StartupError(
      `The database is newer than this server: it has the unknown migrations ${unknown.join(', ')}.`,
      'Run a newer version of Snaglist, or set DATABASE_URL to another database if this one belongs to another application.',
    )
  const changed = listMigrations().filter(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum)
  if (changed.length > 0)
    throw new StartupError(
      `Migrations were changed after they were applied: ${changed.map(({ name }) => name).join(', ')}.`,
      'Restore their files from the release.',
    )
  return listMigrations().filter(({ name }) => !applied.has(name))
}
