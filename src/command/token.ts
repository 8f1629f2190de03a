import { parseArgs } from 'node:util'
import { createAccessToken } from '../auth/token.actions.ts'
import { type Command, print, UsageError } from './command.ts'
import { withDatabase } from './database.ts'

export const token: Command = async (args, context) => {
  const { values } = parseArgs({
    args,
    options: {
      user: { type: 'string' },
      name: { type: 'string' },
      'read-only': { type: 'boolean' },
      days: { type: 'string' },
    },
  })
  if (!values.user) throw new UsageError('Specify the user with --user NAME.')
  const days = values.days === undefined ? null : Number(values.days)
  if (days !== null && !(days > 0 && days <= 36_500))
    throw new UsageError(`--days must be a positive number up to 36500 (got "${values.days}").`)
  const username = values.user.toLowerCase()
  await withDatabase(context, async ({ prisma, transaction }) => {
    const user = await prisma.user.findUnique({ where: { username } })
    if (!user) throw new UsageError(`The user "${username}" does not exist.`)
    const { secret } = await transaction((tx) =>
      createAccessToken(tx, user.id, {
        name: values.name ?? 'from the command line',
        scope: values['read-only'] ? 'READ' : 'WRITE',
        expiresAt: days === null ? null : new Date(Date.now() + days * 86_400_000),
      }),
    )
    print(context.stdout, secret)
  })
}
