import { createAccessToken } from '../auth/token.actions.ts'
import { type CommandContext, print, printJson, UsageError } from './command.ts'
import { withDatabase } from './database.ts'

interface TokenOptions {
  readonly user: string
  readonly name: string
  readonly readOnly?: true | undefined
  readonly days?: number | undefined
  readonly json?: true | undefined
}

export async function token(options: TokenOptions, context: CommandContext): Promise<void> {
  const username = options.user.toLowerCase()
  const alternative = () => 'create the token on that server with the mutation `createAccessToken`'
  await withDatabase(context, { alternative }, async ({ prisma, transaction }) => {
    const user = await prisma.user.findUnique({ where: { username } })
    if (!user) throw new UsageError(`The user "${username}" does not exist.`)
    const result = await transaction((tx) =>
      createAccessToken(tx, user.id, {
        name: options.name,
        scope: options.readOnly ? 'READ' : 'WRITE',
        expiresAt: options.days === undefined ? null : new Date(Date.now() + options.days * 86_400_000),
      }),
    )
    const { id, name, scope, expiresAt } = result.token
    if (options.json) printJson(context.stdout, { id, username, name, scope, expiresAt, secret: result.secret })
    else print(context.stdout, result.secret)
  })
}
