import { type Config, readConfig } from '../config.ts'
import type { Database } from '../database/open.ts'
import { createLog } from '../log.ts'
import { openMigrated } from '../migrated.ts'
import type { Io } from './command.ts'

export async function withDatabase(
  { env, stdout }: Io,
  work: (database: Database, config: Config) => Promise<void>,
): Promise<void> {
  const config = readConfig(env)
  await using database = await openMigrated(config, await createLog(config, stdout))
  await work(database, config)
}
