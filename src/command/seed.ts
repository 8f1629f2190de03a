import { parseArgs } from 'node:util'
import { isDemo, seedDemo } from '../../prisma/seed.ts'
import { hasUsers } from '../user/user.loaders.ts'
import { type Command, print, UsageError } from './command.ts'
import { withDatabase } from './database.ts'

export const seed: Command = async (args, context) => {
  parseArgs({ args, options: {} })
  await withDatabase(context, async ({ db, transaction }, { bcryptCost }) => {
    if (await isDemo(db)) return print(context.stdout, 'The database already contains the demo data.')
    if (await hasUsers(db))
      throw new UsageError(
        'Demo data requires an empty database, but this one has users. Set DATABASE_URL or SNAGLIST_DATA to another database.',
      )
    await seedDemo(transaction, bcryptCost)
    print(context.stdout, 'The demo data was created.')
  })
}
