import { builder } from '../builder.ts'
import { checkArgument, userReference } from '../check.ts'
import { findUser, loadUserByReference } from './user.loaders.ts'

builder.queryFields((t) => ({
  viewer: t.field({
    type: 'User',
    nullable: true,
    skipTypeScopes: true,
    extensions: { allowsAnonymous: true },
    description: 'Your account. Null if the request is not authenticated.',
    resolve: (_root, _args, context) => context.viewer && findUser(context, context.viewer.id),
  }),
  user: t.field({
    type: 'User',
    nullable: true,
    description: 'A user, by id or username. Null if there is none.',
    args: { id: t.arg.id({ required: true, description: 'Id or username of the user.' }) },
    resolve: (_root, { id }, context) => loadUserByReference(context, checkArgument('id', id, userReference)),
  }),
}))
