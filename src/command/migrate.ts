import { parseArgs } from 'node:util'
import { type Command, print } from './command.ts'
import { withDatabase } from './database.ts'

/** Opening the database applies its migrations. */
export const migrateCommand: Command = async (args, io) => {
  parseArgs({ args, options: {} })
  await withDatabase(io, async () => print(io.stdout, 'The database is up to date.'))
}
