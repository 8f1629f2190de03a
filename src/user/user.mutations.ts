import { notNull, userReference } from '../check.ts'
import { requireViewer } from '../context.ts'
import { mutation } from '../mutation.ts'
import { prepareAndWrite, write } from '../write.ts'
import { hashPassword } from './password.ts'
import { insertUser, mustBeAdmin, updateUser } from './user.actions.ts'
import { userRules } from './user.rules.ts'

mutation('createUser', {
  cost: 500,
  description: 'Makes an account. For an ADMIN of the server.',
  input: (t) => ({
    username: t.string({
      required: true,
      description:
        'The name to sign in with: 2 to 32 letters, digits, dots, dashes or underscores. Case does not matter.',
    }),
    name: t.string({ required: true, description: 'The name that people read.' }),
    password: t.string({ required: true, description: 'At least 8 characters and at most 72 bytes.' }),
    email: t.field({ type: 'EmailAddress', description: 'Where to reach the user.' }),
    role: t.field({
      type: 'UserRole',
      defaultValue: 'MEMBER',
      description: 'What the account may do on the whole server.',
    }),
  }),
  rules: { ...userRules, role: notNull },
  resolve: async ({ password, role, ...input }, context) => {
    mustBeAdmin(requireViewer(context))
    const hashed = () => hashPassword(password, context.config.bcryptCost)
    const user = await prepareAndWrite(context, hashed, (tx, passwordHash) =>
      insertUser(tx, { ...input, passwordHash, role: role ?? 'MEMBER' }),
    )
    return { user }
  },
  payload: (t) => ({ user: t.expose('user', { type: 'User', description: 'The new account.' }) }),
})

mutation('updateUser', {
  description:
    'Changes an account: your own name and e-mail; as an ADMIN also roles, and whether an account is active.',
  input: (t) => ({
    id: t.id({ required: true, description: 'The id or the username.' }),
    name: t.string({ description: 'The name that people read.' }),
    email: t.field({ type: 'EmailAddress', description: 'Where to reach the user; null clears it.' }),
    role: t.field({ type: 'UserRole', description: 'What the account may do on the whole server. For an ADMIN.' }),
    active: t.boolean({
      description: 'False closes the account and ends its tokens; true opens it again. For an ADMIN.',
    }),
  }),
  rules: { id: userReference, name: userRules.name, email: userRules.email, role: notNull, active: notNull },
  resolve: async ({ id, name, email, role, active }, context) => {
    const user = await write(context, (tx, viewer) =>
      updateUser(tx, viewer, {
        id,
        name: name ?? undefined,
        email,
        role: role ?? undefined,
        active: active ?? undefined,
      }),
    )
    context.forgetCallers()
    // The next mutation of the same document has the rights that are left.
    if (user.id === context.viewer?.id) context.viewer = user.active ? user : null
    return { user }
  },
  payload: (t) => ({ user: t.expose('user', { type: 'User', description: 'The account as it is now.' }) }),
})
