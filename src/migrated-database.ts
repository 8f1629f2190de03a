import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { migrate } from './database/migrate.ts'
import { type Database, openDatabase } from './database/open.ts'
import { crashOfDatabase } from './startup-errors.ts'

export async function openMigratedDatabase(config: Config, log: Logger): Promise<Database> {
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDirectory: config.dataDirectory,
    poolSize: config.poolSize,
    preparedStatements: config.preparedStatements,
    tracing: config.tracing,
    ...(config.logLevel === 'debug' && { onStatement: (sql: string) => log.debug({ sql }, 'statement') }),
  })
  try {
    for (const name of await migrate(database.pool)) log.info({ migration: name }, 'migrated')
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw database.failure.aborted ? crashOfDatabase(database.failure.reason) : error
  }
}
