import { builder } from '../builder.ts'
import { checkArgument, text, userReference } from '../check.ts'
import { sql } from '../database/sql.ts'
import { anyOf, compareText } from '../filter/comparators.ts'
import { forwardArgs, readConnection } from '../paging/connection.type.ts'
import { findUser, loadUserByReference } from './user.loaders.ts'
import { userColumns, userOrder } from './user.sql.ts'
import { UserConnection } from './user.type.ts'

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
  users: t.field({
    type: UserConnection,
    description: 'All users, including deactivated ones, sorted by username.',
    args: {
      search: t.arg.string({
        description: 'Substring of the username or name, case-insensitive, at most 200 characters.',
      }),
      ...forwardArgs,
    },
    resolve: (_root, { search, ...page }, context, info) => {
      const location = { path: 'search', errors: [] }
      const contains = { contains: checkArgument('search', search ?? '', text(200)) }
      const where = search
        ? anyOf([compareText(sql`u.username`, contains, location), compareText(sql`u.name`, contains, location)])
        : sql`TRUE`
      return readConnection({ columns: userColumns, from: sql`users u`, where, order: userOrder }, page, context, info)
    },
  }),
}))
