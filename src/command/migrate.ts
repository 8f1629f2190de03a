import { parseArgs } from 'node:util'
import { type Command, print } from './command.ts'
import { withDatabase } from './database.ts'

/** Opening the database applies its migrations. */
export const migrateCommand: Command = async (args, context) => {
  parseArgs({ args, options: {} })
  await withDatabase(context, async () => print(context.stdout, 'The database is up to date.'))
}
