import { replacePassword } from '../auth/password-reset.actions.ts'
import { hashPassword } from '../user/password.actions.ts'
import { userRules } from '../user/user.rules.ts'
import { type CommandContext, print, UsageError } from './command.ts'
import { withDatabase } from './database.ts'
import { readPassword } from './password-prompt.ts'

/** For a server whose ADMINs have all forgotten their passwords: access to its database replaces the permission. */
export async function resetPasswordCommand(name: string, context: CommandContext): Promise<void> {
  const username = name.toLowerCase()
  const alternative = () => 'let an ADMIN of that server run the mutation `createPasswordReset`'
  await withDatabase(context, { alternative }, async ({ prisma, transaction }, { bcryptCost }) => {
    const user = await prisma.user.findUnique({ where: { username } })
    if (!user) throw new UsageError(`The user "${username}" does not exist.`)
    if (!user.active) throw new UsageError(`The account of "${username}" is deactivated.`)
    const password = parsePassword(await readPassword(context, `New password of ${username}`))
    const passwordHash = await hashPassword(password, bcryptCost)
    await transaction((tx) => replacePassword(tx, user.id, passwordHash))
    print(context.stdout, `The password of "${username}" was changed. All sessions and access tokens were ended.`)
  })
}

function parsePassword(text: string): string {
  const { data, error } = userRules.password.safeParse(text)
  if (error) throw new UsageError(`The password ${error.issues.map(({ message }) => message).join(' and ')}.`)
  return data
}
