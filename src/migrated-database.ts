import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { migrate } from './database/migrate.ts'
import { type Database, openDatabase } from './database/open.ts'
import { findTextCollisions } from './database/text-collisions.ts'
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
    const applied = await migrate(database.pool)
    for (const name of applied) log.info({ migration: name }, 'migrated')
    const collisions = applied.length > 0 ? await findTextCollisions(database.pool) : []
    for (const { text, remedy } of collisions) log.warn(`${text} ${remedy}`)
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw database.failure.aborted ? crashOfDatabase(database.failure.reason) : error
  }
}
