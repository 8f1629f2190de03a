import { type Config, readConfig } from '../config.ts'
import type { Database } from '../database/open.ts'
import { createLog, openMigrated } from '../server.ts'

/** A wrong command line. */
export class UsageError extends Error {}

/** A command that did not do what it was to do, in words for whoever gave it. */
export class CommandFailed extends Error {}

/** Runs work on the configured database, brought up to date, and closes it. */
export async function withDatabase(work: (database: Database, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig(process.env)
  await using database = await openMigrated(config, await createLog(config))
  await work(database, config)
}
