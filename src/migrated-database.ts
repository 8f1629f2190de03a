import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { migrate, mustAgreeOnSchema, mustBeMigrated } from './database/migrate.ts'
import { type Database, openDatabase } from './database/open.ts'
import { findTextCollisions } from './database/text-collisions.ts'
import { crashOfDatabase } from './startup-errors.ts'

/** Applies pending migrations or, without `migrates`, throws if there are any. */
export async function openMigratedDatabase(config: Config, log: Logger, { migrates = true } = {}): Promise<Database> {
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDirectory: config.dataDirectory,
    poolSize: config.poolSize,
    listenUrl: config.listenUrl,
    onSilence: (reason) =>
      log.warn(
        { reason },
        'The database delivers no notifications: each request looks up its token. If DATABASE_URL is that of a connection pooler, set SNAGLIST_LISTEN_URL to a direct connection.',
      ),
    preparedStatements: config.preparedStatements,
    tracing: config.tracing,
    ...(config.logLevel === 'debug' && { onStatement: (sql: string) => log.debug({ sql }, 'statement') }),
  })
  try {
    if (!migrates) await mustBeMigrated(database)
    const applied = migrates ? await migrate(database.pool, database.schema) : []
    for (const name of applied) log.info({ migration: name }, 'migrated')
    await mustAgreeOnSchema(database)
    const collisions = applied.length > 0 ? await findTextCollisions(database.pool) : []
    for (const { text, remedy } of collisions) log.warn(`${text} ${remedy}`)
    if (database.repairs.length > 0)
      log.warn(
        { statements: database.repairs },
        'The connection pooler does not pass on settings. Run these statements, then reconnect the pooler.',
      )
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw database.failure.aborted ? crashOfDatabase(database.failure.reason) : error
  }
}
