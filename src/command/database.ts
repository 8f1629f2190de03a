import { type Config, readConfig } from '../config.ts'
import { DatabaseInUse } from '../database/directory-lock.ts'
import { hasEmbedded } from '../database/embedded.ts'
import type { Database } from '../database/open.ts'
import { createLog } from '../log.ts'
import { openMigratedDatabase } from '../migrated-database.ts'
import { type CommandContext, CommandError } from './command.ts'

interface Access {
  /** Applies pending migrations, and creates an embedded database. Otherwise the database must be up to date. */
  readonly migrates?: boolean
  /** What to do, other than stopping the server that uses the embedded database. */
  readonly alternative?: (url: string) => string
}

type Work = (database: Database, config: Config) => Promise<void>

/**
 * A command that reads or changes data does not migrate: that would stop a server of the previous version, which uses
 * the same database, from starting again.
 */
export async function withDatabase(
  { env, stderr }: CommandContext,
  { migrates = false, alternative }: Access,
  work: Work,
): Promise<void> {
  const config = readConfig(env)
  if (!migrates && config.databaseUrl === null && !hasEmbedded(config.dataDirectory))
    throw new CommandError(
      `There is no database in ${config.dataDirectory} yet. Start the server, or set SNAGLIST_DATA or DATABASE_URL.`,
    )
  const log = await createLog(config, stderr)
  await using database = await openMigratedDatabase(config, log, { migrates }).catch((error) => {
    if (!(error instanceof DatabaseInUse) || !alternative) throw error
    throw new CommandError(`${error.problem} Stop that process, or ${alternative(error.url ?? 'URL')}.`)
  })
  await work(database, config)
}
