import { notNull, userReference } from '../check.ts'
import { requireViewer } from '../context.ts'
import { mutation } from '../mutation.ts'
import { prepareAndWrite, write } from '../write.ts'
import { hashPassword } from './password.actions.ts'
import { insertUser, mustBeAdmin, readViewer, updateUser } from './user.actions.ts'
import { userRules } from './user.rules.ts'

mutation('createUser', {
  work: 1000,
  description: 'Creates an account. Requires ADMIN.',
  inputDescription: 'A new account.',
  payloadDescription: 'The new account.',
  input: (t) => ({
    username: t.string({
      required: true,
      description:
        'Name to sign in with: 2 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit. Unique; converted to lower case.',
    }),
    name: t.string({ required: true, description: 'Display name, at most 100 characters.' }),
    password: t.string({ required: true, description: 'Password of at least 8 characters and at most 72 bytes.' }),
    email: t.field({ type: 'EmailAddress', description: 'Contact address. Only the user and ADMINs can see it.' }),
    role: t.field({
      type: 'UserRole',
      defaultValue: 'MEMBER',
      description: 'Role on the server.',
    }),
  }),
  rules: { ...userRules, role: notNull },
  resolve: async ({ password, role, ...input }, context) => {
    mustBeAdmin(requireViewer(context))
    const hash = () => hashPassword(password, context.config.bcryptCost)
    const user = await prepareAndWrite(context, hash, (tx, passwordHash) =>
      insertUser(tx, { ...input, passwordHash, role: role ?? 'MEMBER' }),
    )
    return { user }
  },
  payload: (t) => ({ user: t.expose('user', { type: 'User', description: 'Created account.' }) }),
})

mutation('updateUser', {
  description: 'Updates an account. Requires ADMIN, except for your own `name` and `email`.',
  inputDescription: 'Changes to an account. Omitted fields keep their value.',
  payloadDescription: 'The updated account.',
  input: (t) => ({
    id: t.id({ required: true, description: 'Id or username of the account.' }),
    name: t.string({ description: 'New display name, at most 100 characters.' }),
    email: t.field({ type: 'EmailAddress', description: 'Contact address; null clears it.' }),
    role: t.field({ type: 'UserRole', description: 'New role on the server. Requires ADMIN.' }),
    active: t.boolean({
      description: 'False deactivates the account and revokes its tokens; true reactivates it. Requires ADMIN.',
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
    context.clearViewerCache()
    // Following mutations of the same document run with the new permissions, which a stored result may not have.
    if (user.id === context.viewer?.id)
      context.viewer = context.idempotency?.hasReplayed
        ? await readViewer(context.db, user.id)
        : user.active
          ? user
          : null
    return { user }
  },
  payload: (t) => ({ user: t.expose('user', { type: 'User', description: 'Updated account.' }) }),
})
