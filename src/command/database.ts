import { type Config, readConfig } from '../config.ts'
import type { Database } from '../database/open.ts'
import { createLog } from '../log.ts'
import { openMigratedDatabase } from '../migrated-database.ts'
import type { CommandContext } from './command.ts'

export async function withDatabase(
  { env, stdout }: CommandContext,
  work: (database: Database, config: Config) => Promise<void>,
): Promise<void> {
  const config = readConfig(env)
  await using database = await openMigratedDatabase(config, await createLog(config, stdout))
  await work(database, config)
}
