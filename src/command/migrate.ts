import { type CommandContext, print } from './command.ts'
import { withDatabase } from './database.ts'

/** Opening the database applies its migrations. */
export const migrateCommand = (context: CommandContext): Promise<void> =>
  withDatabase(context, { migrates: true }, async () => print(context.stdout, 'The database is up to date.'))
