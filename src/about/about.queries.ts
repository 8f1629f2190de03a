import { isSignUpOpen } from '../auth/auth.actions.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { maxPageSize } from '../paging/bounds.ts'
import { version } from '../version.ts'

const ServerLimits = builder.objectRef<Context['config']>('ServerLimits').implement({
  description: 'Limits of the server that clients need to divide their work.',
  fields: (t) => ({
    cost: t.exposeInt('costLimit', { description: 'Maximum cost of an operation, in points.' }),
    pointsPerMinute: t.int({
      nullable: true,
      description: 'Points that a user can spend per minute. Null if unlimited.',
      resolve: ({ ratePoints }) => ratePoints || null,
    }),
    requestsPerMinute: t.int({
      nullable: true,
      description: 'Requests that a user, or an IP address without a token, can send per minute. Null if unlimited.',
      resolve: ({ rateRequests }) => rateRequests || null,
    }),
    pageSize: t.int({ description: 'Maximum of `first` and `last`.', resolve: () => maxPageSize }),
  }),
})

const Server = builder.objectRef<Context['config']>('Server').implement({
  description: 'The server and its settings that matter to clients.',
  fields: (t) => ({
    version: t.string({ description: 'Version of Snaglist, such as "1.2.0".', resolve: () => version }),
    signUp: t.boolean({
      description: 'True if everyone can create an account now with `signUp`.',
      resolve: ({ signUp }, _args, context) => isSignUpOpen(context.db, signUp),
    }),
    limits: t.field({
      type: ServerLimits,
      description: 'Limits of requests.',
      resolve: (config) => config,
    }),
  }),
})

builder.queryField('server', (t) =>
  t.field({
    type: Server,
    skipTypeScopes: true,
    extensions: { allowsAnonymous: true },
    description: 'Version, limits and sign-up of this server. Requires no token.',
    resolve: (_root, _args, { config }) => config,
  }),
)
