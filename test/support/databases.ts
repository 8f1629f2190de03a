import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { createEmbeddedPool } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openPGlite } from '../../src/database/pglite.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a PostgreSQL server, without a database. Null tests on the embedded database. */
    postgres: string | null
    /** URL of PgBouncer for that server; null connects directly. */
    pgbouncer: string | null
    /** A migrated database to copy: name of a PostgreSQL template, or path of an archive. */
    template: string
    /** Path of an archive without tables, since initdb takes seconds. Null on PostgreSQL. */
    blank: string | null
  }
}

/** Migrates one database before all tests. Each test file copies it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const postgres = process.env['TEST_DATABASE_URL'] ?? null
  project.provide('postgres', postgres)
  project.provide('pgbouncer', process.env['TEST_PGBOUNCER_URL'] ?? null)
  if (postgres === null) {
    await using embedded = createEmbeddedPool(await openPGlite())
    const folder = mkdtempSync(join(tmpdir(), 'snaglist-template-'))
    const archive = async (name: string) => {
      const path = join(folder, name)
      writeFileSync(path, await (await embedded.pglite.dumpDataDir('none')).bytes())
      return path
    }
    project.provide('blank', await archive('blank.tar'))
    await migrate(embedded.pool)
    project.provide('template', await archive('template.tar'))
    return async () => rmSync(folder, { recursive: true })
  }
  const template = `snaglist_template_${process.pid}`
  await execute(postgres, `CREATE DATABASE ${template}`)
  const pool = new pg.Pool({ connectionString: databaseUrl(postgres, template) })
  await migrate(pool)
  await pool.end()
  project.provide('template', template)
  project.provide('blank', null)
  return () => dropDatabases(postgres, template)
}

/** `directory` is the SNAGLIST_DATA of a server. */
export function copyEmbedded(directory: string, archive: string): void {
  const path = join(directory, 'database')
  mkdirSync(path, { recursive: true })
  execFileSync('tar', ['-xf', archive, '-C', path], { stdio: 'pipe' })
}

export function databaseUrl(postgres: string, name: string): string {
  const url = new URL(postgres)
  url.pathname = `/${name}`
  return url.href
}

/** Copies the template. Through PgBouncer, the copy has the settings of a server in Berlin, which clients must not notice. */
export async function copyTemplate(
  postgres: string,
  { template, pgbouncer }: { readonly template: string; readonly pgbouncer: string | null },
) {
  const name = `${template}_${crypto.randomUUID().replaceAll('-', '')}`
  await execute(postgres, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  if (pgbouncer !== null)
    for (const setting of ["TimeZone = 'Europe/Berlin'", "DateStyle = 'German'"])
      await execute(postgres, `ALTER DATABASE ${name} SET ${setting}`)
  return {
    url: databaseUrl(pgbouncer ?? postgres, name),
    directUrl: databaseUrl(postgres, name),
    [Symbol.asyncDispose]: () => execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`),
  }
}

/** Drops the databases whose names begin with the prefix. */
async function dropDatabases(postgres: string, prefix: string): Promise<void> {
  await using client = await connect(postgres)
  const { rows } = await client.query(`SELECT datname FROM pg_database WHERE starts_with(datname, '${prefix}')`)
  for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`)
}

/** Runs a statement on the maintenance database. */
export async function execute(postgres: string, sql: string): Promise<void> {
  await using client = await connect(postgres)
  await client.query(sql)
}

async function connect(postgres: string) {
  const client = new pg.Client({ connectionString: databaseUrl(postgres, 'postgres') })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}
