import { TokenScope } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'

builder.enumType('TokenScope', {
  description: 'Operations that an access token permits.',
  values: {
    [TokenScope.READ]: { description: 'Queries only.' },
    [TokenScope.WRITE]: { description: 'Queries and mutations, with the permissions of its owner.' },
  },
})

builder.prismaObject('Token', {
  name: 'AccessToken',
  description: 'A long-lived token for scripts, which authenticates as the user who created it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identifier for `revokeAccessToken`. Not the secret.' }),
    name: t.exposeString('name', { nullable: true, description: 'Purpose of the token, chosen by its owner.' }),
    scope: t.expose('scope', { type: 'TokenScope', description: 'Operations that the token permits.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of expiry. Null if the token does not expire.',
    }),
  }),
})

builder.prismaObject('Token', {
  variant: 'Session',
  description: 'A sign-in of an account, which lasts 30 days unless it is ended.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identifier for `endSession`. Not the secret.' }),
    userAgent: t.exposeString('name', {
      nullable: true,
      description: 'Header `User-Agent` of the sign-in, at most 200 characters. Null if there was none.',
    }),
    current: t.boolean({
      description: 'True for the session of this request.',
      resolve: ({ id }, _args, { token }) => id === token?.id,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of the sign-in.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'Time of expiry.' }),
  }),
})
