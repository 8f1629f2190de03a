import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import { listAccessTokens } from './token.actions.ts'

builder.queryField('accessTokens', (t) =>
  t.field({
    type: ['AccessToken'],
    description: 'Your access tokens, newest first, without their secrets.',
    resolve: (_root, _args, context) => listAccessTokens(context.db, requireViewer(context).id),
  }),
)
