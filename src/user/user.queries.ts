import { builder } from '../builder.ts'
import { checkArgument, text, userReference } from '../check.ts'
import { sql } from '../database/sql.ts'
import { anyOf, compareText } from '../filter/comparators.ts'
import { forwardArgs, readConnection } from '../paging/connection.type.ts'
import { findUser, findUserByReference } from './user.loaders.ts'
import { userColumns, userOrder } from './user.sql.ts'
import { UserConnection } from './user.type.ts'

builder.queryFields((t) => ({
  viewer: t.field({
    type: 'User',
    nullable: true,
    skipTypeScopes: true,
    description: 'The account that asks; null when not signed in.',
    resolve: (_root, _args, context) => context.viewer && findUser(context, context.viewer.id),
  }),
  user: t.field({
    type: 'User',
    nullable: true,
    description: 'One user; null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'The id or the username.' }) },
    resolve: (_root, { id }, context) => findUserByReference(context, checkArgument('id', id, userReference)),
  }),
  users: t.field({
    type: UserConnection,
    description: 'All users by username.',
    args: {
      search: t.arg.string({ description: 'Only users whose username or name has this in it, without case.' }),
      ...forwardArgs,
    },
    resolve: (_root, { search, ...page }, context, info) => {
      const spot = { path: 'search', faults: [] }
      const contains = { contains: checkArgument('search', search ?? '', text(200)) }
      const where = search
        ? anyOf([compareText(sql`u.username`, contains, spot), compareText(sql`u.name`, contains, spot)])
        : sql`TRUE`
      return readConnection({ columns: userColumns, from: sql`users u`, where, order: userOrder }, page, context, info)
    },
  }),
}))
