import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import { listAccessTokens, listSessions, maxSessions } from './token.actions.ts'

builder.queryFields((t) => ({
  accessTokens: t.field({
    type: ['AccessToken'],
    description: 'Your access tokens, newest first, without their secrets.',
    resolve: (_root, _args, context) => listAccessTokens(context.db, requireViewer(context).id),
  }),
  sessions: t.field({
    type: ['Session'],
    description: `Your sessions that have not expired, newest first, at most ${maxSessions}.`,
    resolve: (_root, _args, context) => listSessions(context.db, requireViewer(context).id),
  }),
}))
