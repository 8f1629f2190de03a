import { builder } from '../builder.ts'
import { id, nameText, notNull, userReference } from '../check.ts'
import { type Context, requireViewer } from '../context.ts'
import { Forbidden, Unauthenticated } from '../errors.ts'
import { mutation } from '../mutation.ts'
import { toNormalForm } from '../normal-form.ts'
import { hashPassword } from '../user/password.actions.ts'
import { mustBeAdmin } from '../user/user.actions.ts'
import { userRules } from '../user/user.rules.ts'
import type { ViewerToken } from '../viewer.ts'
import { prepareAndWrite, write } from '../write.ts'
import {
  changePassword,
  endSession,
  mustAllowSignUp,
  revokeAccessToken,
  type Session,
  signIn,
  signUp,
  verifyCurrentPassword,
  verifySignIn,
} from './auth.actions.ts'
import { createPasswordReset, isPendingReset, type PasswordReset, resetPassword } from './password-reset.actions.ts'
import { countAttempt } from './sign-in-attempt.actions.ts'
import { createAccessToken, findToken, hashOf, mustBeValid, revokeToken } from './token.actions.ts'

const SignInPayload = builder.objectRef<Session>('SignInPayload').implement({
  description: 'A new session and its token.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'Secret to send as "Authorization: Bearer …". Returned only here.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Time of expiry, 30 days after the sign-in.' }),
    viewer: t.expose('viewer', { type: 'User', description: 'Account that signed in.' }),
  }),
})

function requireToken({ token }: Context): ViewerToken {
  if (token === null) throw new Unauthenticated()
  return token
}

function requireSession(context: Context, message: string): void {
  if (requireToken(context).kind !== 'SESSION')
    throw new Forbidden(`${message} Use the token of a session: sign in first.`)
}

/**
 * The signed-in user becomes the viewer of an anonymous request, so that the payload can contain their e-mail
 * address. Unknown tokens from the same address do not block the new one.
 */
async function setViewer(context: Context, session: Session): Promise<Session> {
  context.addKnownToken(session.token)
  if (context.token !== null) return session
  // A stored session may have ended, and its user may have another role by now.
  const authentication = context.idempotency?.hasReplayed
    ? await findToken(context.db, hashOf(session.token))
    : { viewer: session.viewer }
  if (!authentication)
    throw new Unauthenticated('The session of this request has ended. Sign in again with a new Idempotency-Key.')
  context.viewer = authentication.viewer
  return session
}

// Hashing takes a quarter of a second of one core.
const passwordWork = 1000

mutation('signUp', {
  work: passwordWork,
  description:
    'Creates an account and starts a session. The first account of a server becomes its ADMIN; further sign-ups require `SNAGLIST_SIGN_UP=open`.',
  allowsAnonymous: true,
  input: (t) => ({
    username: t.string({
      required: true,
      description:
        'Name to sign in with: 2 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit. Unique; converted to lower case.',
    }),
    name: t.string({ required: true, description: 'Display name, at most 100 characters.' }),
    password: t.string({ required: true, description: 'Password of at least 8 characters and at most 72 bytes.' }),
    email: t.field({ type: 'EmailAddress', description: 'Contact address. Only you and ADMINs can see it.' }),
  }),
  rules: userRules,
  inputDescription: 'A new account.',
  resolve: async ({ password, ...user }, context) => {
    const { signUp: policy, bcryptCost } = context.config
    const hash = async () => {
      await mustAllowSignUp(context.db, policy)
      return hashPassword(password, bcryptCost)
    }
    return setViewer(
      context,
      await prepareAndWrite(context, hash, (tx, passwordHash) =>
        signUp(tx, policy, { ...user, passwordHash }, context.userAgent),
      ),
    )
  },
  payload: SignInPayload,
})

mutation('signIn', {
  work: passwordWork,
  inputDescription: 'Credentials of an account.',
  description: 'Starts a session of 30 days. Fails with UNAUTHENTICATED if the username or password is wrong.',
  allowsAnonymous: true,
  input: (t) => ({
    username: t.string({ required: true, description: 'Name of the account, case-insensitive.' }),
    password: t.string({ required: true, description: 'Current password of the account.' }),
  }),
  resolve: async ({ username, password }, context) => {
    const attempt = { username: toNormalForm(username), address: context.address }
    const verify = () => verifySignIn(context, attempt, password, context.config.bcryptCost)
    return setViewer(
      context,
      await prepareAndWrite(context, verify, (tx, proof) => signIn(tx, proof, context.userAgent)),
    )
  },
  payload: SignInPayload,
})

builder.mutationField('signOut', (t) =>
  t.field({
    type: builder.objectRef<{ signedOut: boolean }>('SignOutPayload').implement({
      description: 'Confirmation of the sign-out.',
      fields: (field) => ({
        signedOut: field.exposeBoolean('signedOut', {
          description: 'Always true: the token is revoked.',
        }),
      }),
    }),
    description: 'Revokes the token that this request was sent with: a session token or an access token.',
    authScopes: { signedIn: true },
    skipTypeScopes: true,
    resolve: async (_root, _args, context) => {
      await revokeToken(context.db, requireToken(context).id)
      context.clearViewerCache()
      return { signedOut: true }
    },
  }),
)

mutation('changePassword', {
  work: passwordWork,
  description: 'Sets a new password and ends all your other sessions. Access tokens remain valid.',
  inputDescription: 'The current and the new password.',
  payloadDescription: 'Your account with the new password.',
  input: (t) => ({
    currentPassword: t.string({ required: true, description: 'Current password, as confirmation.' }),
    newPassword: t.string({
      required: true,
      description: 'New password of at least 8 characters and at most 72 bytes.',
    }),
  }),
  rules: { newPassword: userRules.password },
  resolve: async ({ currentPassword, newPassword }, context) => {
    const { bcryptCost } = context.config
    const { id: userId, username } = requireViewer(context)
    const token = requireToken(context)
    const verify = async () => ({
      proof: await verifyCurrentPassword(
        context,
        { userId, username, address: context.address },
        currentPassword,
        bcryptCost,
      ),
      passwordHash: await hashPassword(newPassword, bcryptCost),
    })
    const user = await prepareAndWrite(context, verify, (tx, { proof, passwordHash }) =>
      changePassword(tx, token, proof, passwordHash),
    )
    context.clearViewerCache()
    return { user }
  },
  payload: (t) => ({ user: t.expose('user', { type: 'User', description: 'Your account.' }) }),
})

mutation('createPasswordReset', {
  description:
    'Creates a secret with which a user who forgot their password sets a new one by `resetPassword`. It replaces the previous one. Requires ADMIN and a session: access tokens cannot reset passwords.',
  inputDescription: 'A user who forgot their password.',
  payloadDescription: 'The secret, for the user only.',
  input: (t) => ({ userId: t.id({ required: true, description: 'Id or username of an active account.' }) }),
  rules: { userId: userReference },
  resolve: async ({ userId }, context): Promise<PasswordReset> => {
    mustBeAdmin(requireViewer(context))
    requireSession(context, 'Access tokens cannot reset passwords.')
    return write(context, (tx, viewer) => createPasswordReset(tx, viewer, userId))
  },
  payload: (t) => ({
    secret: t.exposeString('secret', {
      description: 'Secret for `resetPassword`, valid once. Returned only here: pass it on confidentially.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Time of expiry, 24 hours after creation.' }),
    user: t.expose('user', { type: 'User', description: 'User whose password can be reset.' }),
  }),
})

mutation('resetPassword', {
  work: passwordWork,
  description:
    'Sets a new password with a secret of `createPasswordReset`, ends all sessions and access tokens of the account, and starts a session.',
  allowsAnonymous: true,
  inputDescription: 'The secret and the new password.',
  input: (t) => ({
    secret: t.string({ required: true, description: 'Secret that an ADMIN created with `createPasswordReset`.' }),
    newPassword: t.string({
      required: true,
      description: 'New password of at least 8 characters and at most 72 bytes.',
    }),
  }),
  rules: { newPassword: userRules.password },
  resolve: async ({ secret, newPassword }, context) => {
    const { address, config } = context
    // Others with the same address cannot block a valid secret.
    const hash = async () => {
      if (!(await isPendingReset(context.db, secret)))
        await countAttempt(context.transaction, { username: null, address })
      return hashPassword(newPassword, config.bcryptCost)
    }
    const session = await prepareAndWrite(context, hash, (tx, passwordHash) =>
      resetPassword(tx, { secret, passwordHash }, context),
    )
    context.clearViewerCache()
    return setViewer(context, session)
  },
  payload: SignInPayload,
})

mutation('createAccessToken', {
  description: 'Creates an access token for scripts. Requires a session: access tokens cannot create tokens.',
  inputDescription: 'A new access token, which authenticates as you.',
  payloadDescription: 'The new access token and its secret.',
  input: (t) => ({
    name: t.string({ required: true, description: 'Purpose of the token, at most 100 characters.' }),
    scope: t.field({
      type: 'TokenScope',
      defaultValue: 'WRITE',
      description: 'READ permits queries only, WRITE also mutations.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'Time of expiry, in the future. Omit it for a token that does not expire.',
    }),
  }),
  rules: { name: nameText(100), scope: notNull },
  validate: ({ expiresAt }) =>
    expiresAt && expiresAt.getTime() <= Date.now() ? [{ path: 'expiresAt', message: 'must be in the future' }] : [],
  resolve: ({ name, scope, expiresAt }, context) => {
    requireSession(context, 'Access tokens cannot create access tokens.')
    const { id: sessionId } = requireToken(context)
    return write(context, async (tx, viewer) => {
      await mustBeValid(tx, sessionId)
      return createAccessToken(tx, viewer.id, { name, scope: scope ?? 'WRITE', expiresAt: expiresAt ?? null })
    })
  },
  payload: (t) => ({
    secret: t.exposeString('secret', {
      description: 'Secret to send as "Authorization: Bearer …". Returned only here.',
    }),
    accessToken: t.expose('token', { type: 'AccessToken', description: 'Created token, without its secret.' }),
  }),
})

mutation('endSession', {
  description:
    'Ends one of your sessions, effective from the next request. `signOut` ends the current one. Requires a session: access tokens cannot end sessions.',
  inputDescription: 'A session to end.',
  payloadDescription: 'The ended session.',
  input: (t) => ({ id: t.id({ required: true, description: 'UUID of the session, from `sessions`.' }) }),
  rules: { id },
  resolve: async ({ id }, context) => {
    requireSession(context, 'Access tokens cannot end sessions.')
    await write(context, (tx, viewer) => endSession(tx, viewer, id))
    context.clearViewerCache()
    return { id }
  },
  payload: (t) => ({
    endedSessionId: t.exposeID('id', { description: 'Id of the ended session, to remove it from a client cache.' }),
  }),
})

mutation('revokeAccessToken', {
  description: 'Revokes an access token, effective from the next request. Only its owner or an ADMIN can revoke it.',
  inputDescription: 'An access token to revoke.',
  payloadDescription: 'The revoked access token.',
  input: (t) => ({ id: t.id({ required: true, description: 'UUID of the access token.' }) }),
  rules: { id },
  resolve: async ({ id }, context) => {
    await write(context, (tx, viewer) => revokeAccessToken(tx, viewer, id))
    context.clearViewerCache()
    return { id }
  },
  payload: (t) => ({
    revokedAccessTokenId: t.exposeID('id', {
      description: 'Id of the revoked access token, to remove it from a client cache.',
    }),
  }),
})
