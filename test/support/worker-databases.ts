import { openAsBlob } from 'node:fs'
import pg from 'pg'
import { inject } from 'vitest'
import { copyToPostgres } from '../../src/database/bulk-transaction.ts'
import { createEmbeddedPool } from '../../src/database/embedded.ts'
import { listenOnPostgres } from '../../src/database/listen.ts'
import { createDatabase, createEmbeddedDatabase, createPool, type Database } from '../../src/database/open.ts'
import { openPGlite } from '../../src/database/pglite.ts'
import { copyTemplate } from './databases.ts'

type OnStatement = (sql: string) => void

/** A copy of the template, which remains when its `Database` is closed. */
interface Copy {
  readonly open: (onStatement: OnStatement) => Promise<Database>
  /** Runs statements, and returns the first value of the last one. */
  readonly run: (sql: string) => Promise<unknown>
  readonly catalog: unknown
}

/** A copy costs as much CPU time as most test files, so the files of a worker use it one after another. */
const unusedCopies: Copy[] = []

/** Ids of the transactions that created or altered columns, constraints, triggers and functions. */
const readCatalog = `SELECT format('%s %s %s %s', (SELECT sum(xmin::text::int8) FROM pg_attribute),
  (SELECT sum(xmin::text::int8) FROM pg_constraint), (SELECT sum(xmin::text::int8) FROM pg_trigger),
  (SELECT sum(xmin::text::int8) FROM pg_proc)) AS catalog`

/** Removes all rows, and the statistics of the planner. */
const removeRows = `DO $$ DECLARE names text; BEGIN
  SELECT string_agg(oid::regclass::text, ', ') INTO names FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind = 'r' AND relname <> '_prisma_migrations' AND pg_relation_size(oid) > 0;
  IF names IS NOT NULL THEN EXECUTE 'TRUNCATE ' || names || ' RESTART IDENTITY CASCADE'; END IF;
  INSERT INTO feed DEFAULT VALUES;
  DELETE FROM pg_statistic WHERE starelid >= 16384;
  DELETE FROM pg_statistic_ext_data;
END $$`

/** Opens a migrated, empty database. */
export async function openWorkerDatabase(onStatement: OnStatement): Promise<Database> {
  const copy = await takeCopy()
  const database = await copy.open(onStatement)
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]()
      if (!database.failure.aborted) unusedCopies.push(copy)
    },
  }
}

async function takeCopy(): Promise<Copy> {
  const copy = unusedCopies.pop()
  if (copy) {
    for (const sql of ['ROLLBACK', 'DISCARD ALL', removeRows]) await copy.run(sql)
    // A test file that altered the schema does not pass the copy on.
    if ((await copy.run(readCatalog)) === copy.catalog) return copy
  }
  const newCopy = await (inject('postgres') === null ? copyEmbedded() : copyPostgres(inject('postgres') as string))
  return { ...newCopy, catalog: await newCopy.run(readCatalog) }
}

async function copyEmbedded(): Promise<Omit<Copy, 'catalog'>> {
  const pglite = await openPGlite({ loadDataDir: await openAsBlob(inject('template')) })
  return {
    async open(onStatement) {
      const embedded = createEmbeddedPool(pglite)
      return createEmbeddedDatabase({ ...embedded, [Symbol.asyncDispose]: () => embedded.pool.end() }, onStatement)
    },
    async run(sql) {
      const [result] = await pglite.exec(sql)
      return result?.rows[0]?.['catalog']
    },
  }
}

async function copyPostgres(postgres: string): Promise<Omit<Copy, 'catalog'>> {
  const pgbouncer = inject('pgbouncer')
  const { url, directUrl } = await copyTemplate(postgres, { template: inject('template'), pgbouncer })
  return {
    async open(onStatement) {
      const pool = createPool(
        { connectionString: url, options: pgbouncer === null ? '-c jit=off -c random_page_cost=1.1' : '' },
        { max: 10 },
      )
      const otherClient = pgbouncer === null ? null : await connectOtherClient(url)
      return createDatabase({
        pool,
        listen: listenOnPostgres(directUrl, pool),
        copy: copyToPostgres,
        preparedStatements: pgbouncer === null,
        onStatement: (sql) => {
          otherClient?.query('SELECT now()').catch(() => {})
          onStatement(sql)
        },
        close: async () => {
          await otherClient?.end()
          await pool.end()
        },
      })
    },
    async run(sql) {
      const client = new pg.Client({ connectionString: directUrl })
      await client.connect()
      const { rows } = await client.query(sql).finally(() => client.end())
      return rows[0]?.catalog
    },
  }
}

/** A client of another application, with other settings, that uses the same connections of PgBouncer. */
async function connectOtherClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  await client.query("SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'")
  return client
}
