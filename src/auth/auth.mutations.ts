import { builder } from '../builder.ts'
import { id, nameText, notNull } from '../check.ts'
import { type Context, requireViewer } from '../context.ts'
import { Forbidden, Unauthenticated } from '../errors.ts'
import { mutation } from '../mutation.ts'
import { hashPassword } from '../user/password.ts'
import { userRules } from '../user/user.rules.ts'
import type { CallerToken } from '../viewer.ts'
import { prepareAndWrite, write } from '../write.ts'
import {
  changePassword,
  mayStillSignUp,
  provePassword,
  proveSignIn,
  revokeAccessToken,
  type Session,
  signIn,
  signUp,
} from './auth.actions.ts'
import { createAccessToken, endSession } from './token.actions.ts'

const SignInPayload = builder.objectRef<Session>('SignInPayload').implement({
  description: 'A session that began.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'The secret to send as "Authorization: Bearer …". Shown only here.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the session ends: 30 days from now.' }),
    viewer: t.expose('viewer', { type: 'User', description: 'The account that signed in.' }),
  }),
})

/** The token in use; UNAUTHENTICATED without one. */
function tokenInUse({ token }: Context): CallerToken {
  if (token === null) throw new Unauthenticated()
  return token
}

/** Shows the payload of a sign-in to who has signed in: their own e-mail is in it. A request with a token stays its owner's. */
function enter(context: Context, session: Session): Session {
  if (context.token === null) context.viewer = session.viewer
  return session
}

// Each takes a quarter of a second of one core.
const passwordCost = 500

mutation('signUp', {
  cost: passwordCost,
  description:
    'Opens an account and signs it in. Open while the server has no user, and where the server allows it; the first account is its ADMIN.',
  open: true,
  input: (t) => ({
    username: t.string({
      required: true,
      description:
        'The name to sign in with: 2 to 32 letters, digits, dots, dashes or underscores. Case does not matter.',
    }),
    name: t.string({ required: true, description: 'The name that people read.' }),
    password: t.string({ required: true, description: 'At least 8 characters and at most 72 bytes.' }),
    email: t.field({ type: 'EmailAddress', description: 'Where to reach you; only you and admins see it.' }),
  }),
  rules: userRules,
  resolve: async ({ password, ...user }, context) => {
    const { signUp: policy, bcryptCost } = context.config
    const hashed = async () => {
      await mayStillSignUp(context.db, policy)
      return hashPassword(password, bcryptCost)
    }
    return enter(
      context,
      await prepareAndWrite(context, hashed, (tx, passwordHash) => signUp(tx, policy, { ...user, passwordHash })),
    )
  },
  payload: SignInPayload,
})

mutation('signIn', {
  cost: passwordCost,
  description: 'Starts a session of 30 days. UNAUTHENTICATED when the username or the password is wrong.',
  open: true,
  input: (t) => ({
    username: t.string({ required: true, description: 'The username, in any case.' }),
    password: t.string({ required: true, description: 'The password.' }),
  }),
  resolve: async ({ username, password }, context) => {
    const attempt = { username, address: context.address, idempotency: context.idempotency }
    const prove = () => proveSignIn(context, attempt, password, context.config.bcryptCost)
    return enter(context, await prepareAndWrite(context, prove, signIn))
  },
  payload: SignInPayload,
})

builder.mutationField('signOut', (t) =>
  t.field({
    type: builder.objectRef<{ signedOut: boolean }>('SignOutPayload').implement({
      description: 'What `signOut` gives back.',
      fields: (field) => ({
        signedOut: field.exposeBoolean('signedOut', {
          description: 'Always true: the token is good for nothing from now on.',
        }),
      }),
    }),
    description: 'Revokes the token that this request came with.',
    authScopes: { signedIn: true },
    skipTypeScopes: true,
    resolve: async (_root, _args, context) => {
      await endSession(context.db, tokenInUse(context).id)
      context.forgetCallers()
      return { signedOut: true }
    },
  }),
)

mutation('changePassword', {
  cost: passwordCost,
  description: 'Sets a new password and ends every other session of yours. Access tokens stay.',
  input: (t) => ({
    currentPassword: t.string({ required: true, description: 'The password until now.' }),
    newPassword: t.string({ required: true, description: 'At least 8 characters and at most 72 bytes.' }),
  }),
  rules: { newPassword: userRules.password },
  resolve: async ({ currentPassword, newPassword }, context) => {
    const { bcryptCost } = context.config
    const { id: userId, username } = requireViewer(context)
    const token = tokenInUse(context)
    const prove = async () => ({
      proof: await provePassword(
        context,
        { userId, username, address: context.address, idempotency: context.idempotency },
        currentPassword,
        bcryptCost,
      ),
      passwordHash: await hashPassword(newPassword, bcryptCost),
    })
    const user = await prepareAndWrite(context, prove, (tx, { proof, passwordHash }) =>
      changePassword(tx, token, proof, passwordHash),
    )
    context.forgetCallers()
    return { user }
  },
  payload: (t) => ({ user: t.expose('user', { type: 'User', description: 'You.' }) }),
})

mutation('createAccessToken', {
  description: 'Makes a token for a script. Needs a session: an access token makes no others.',
  input: (t) => ({
    name: t.string({ required: true, description: 'What it is for.' }),
    scope: t.field({
      type: 'TokenScope',
      defaultValue: 'WRITE',
      description: 'READ for queries alone, WRITE for all that you may do.',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends; left out, it does not.' }),
  }),
  rules: { name: nameText(100), scope: notNull },
  validate: ({ expiresAt }) =>
    expiresAt && expiresAt.getTime() <= Date.now() ? [{ path: 'expiresAt', message: 'must be in the future' }] : [],
  resolve: ({ name, scope, expiresAt }, context) => {
    if (tokenInUse(context).kind !== 'SESSION')
      throw new Forbidden('Sign in to make an access token: an access token makes no others.')
    return write(context, (tx, viewer) =>
      createAccessToken(tx, viewer.id, { name, scope: scope ?? 'WRITE', expiresAt: expiresAt ?? null }),
    )
  },
  payload: (t) => ({
    secret: t.exposeString('secret', {
      description: 'The token to send as "Authorization: Bearer …". Shown only here.',
    }),
    accessToken: t.expose('token', { type: 'AccessToken', description: 'What is kept of it.' }),
  }),
})

mutation('revokeAccessToken', {
  description: "Takes an access token back: it is refused from the next request on. Your own; as an ADMIN anyone's.",
  input: (t) => ({ id: t.id({ required: true, description: 'The id of the access token.' }) }),
  rules: { id },
  resolve: async ({ id }, context) => {
    await write(context, (tx, viewer) => revokeAccessToken(tx, viewer, id))
    context.forgetCallers()
    return { id }
  },
  payload: (t) => ({ revokedAccessTokenId: t.exposeID('id', { description: 'The id of the token that is no more.' }) }),
})
