import { demoAccounts, isDemo, seedDemo } from '../../prisma/seed.ts'
import { hasUsers } from '../user/user.loaders.ts'
import { type CommandContext, print, UsageError } from './command.ts'
import { withDatabase } from './database.ts'

export const seed = (context: CommandContext): Promise<void> =>
  withDatabase(context, { migrates: true }, async ({ db, transaction }, { bcryptCost }) => {
    const isSeeded = await isDemo(db)
    if (!isSeeded && (await hasUsers(db)))
      throw new UsageError(
        'Demo data requires an empty database, but this one has users. Set DATABASE_URL or SNAGLIST_DATA to another database.',
      )
    if (!isSeeded) await seedDemo(transaction, bcryptCost)
    const result = isSeeded ? 'The database already contains the demo data.' : 'The demo data was created.'
    print(context.stdout, `${result} ${demoAccounts}`)
  })
