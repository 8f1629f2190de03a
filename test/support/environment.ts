import { openAsBlob } from 'node:fs'
import pg from 'pg'
import { inject } from 'vitest'
import { createEmbeddedPool, type Embedded, openEmbedded } from '../../src/database/embedded.ts'
import { openPGlite } from '../../src/database/pglite.ts'
import { temporaryDirectory } from '../drill/server-process.ts'
import { copyEmbedded, copyTemplate } from './databases.ts'

/** Environment with a migrated database in DATABASE_URL or SNAGLIST_DATA, which is deleted on disposal. */
export async function copyDatabase(): Promise<AsyncDisposable & { readonly env: Readonly<Record<string, string>> }> {
  const postgres = inject('postgres')
  if (postgres === null) {
    const { path, [Symbol.dispose]: remove } = temporaryDirectory()
    copyEmbedded(path, inject('template'))
    return { env: { SNAGLIST_DATA: path }, [Symbol.asyncDispose]: async () => remove() }
  }
  const copy = await copyTemplate(postgres, { template: inject('template'), pgbouncer: inject('pgbouncer') })
  return {
    env: { DATABASE_URL: copy.url, SNAGLIST_LISTEN_URL: copy.directUrl },
    [Symbol.asyncDispose]: copy[Symbol.asyncDispose],
  }
}

/** Runs SQL on a copy that no server uses. */
export async function queryCopy(
  { DATABASE_URL, SNAGLIST_DATA = '' }: Readonly<Record<string, string>>,
  sql: string,
): Promise<pg.QueryResult> {
  if (!DATABASE_URL) {
    await using embedded = await openEmbedded(SNAGLIST_DATA)
    return await embedded.pool.query(sql)
  }
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  return client.query(sql).finally(() => client.end())
}

/** In memory, without tables. */
export async function openEmptyDatabase(): Promise<Embedded> {
  return createEmbeddedPool(await openPGlite({ loadDataDir: await openAsBlob(inject('blank') ?? '') }))
}
