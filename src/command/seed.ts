import { parseArgs } from 'node:util'
import { isDemo, seedDemo } from '../../prisma/seed.ts'
import { type Command, print, UsageError } from './command.ts'
import { withDatabase } from './database.ts'

/** Fills an empty database with the demo. */
export const seed: Command = async (args, io) => {
  parseArgs({ args, options: {} })
  await withDatabase(io, async ({ prisma, transaction }, { bcryptCost }) => {
    if (await isDemo(prisma)) return print(io.stdout, 'The demo is there already.')
    if ((await prisma.user.count()) > 0)
      throw new UsageError('The database is not empty: the demo goes only into an empty one.')
    await seedDemo(transaction, bcryptCost)
    print(io.stdout, 'The demo is in place.')
  })
}
