import { Prisma } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { checkArgument, text, userReference } from '../check.ts'
import { anyOf, compareText } from '../filter/comparators.ts'
import { connection, forwardArgs } from '../paging/connection.type.ts'
import { findUserNamed } from './user.actions.ts'
import { findUser } from './user.loaders.ts'
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
    resolve: (_root, { id }, context) => findUserNamed(context.prisma, checkArgument('id', id, userReference)),
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
        ? anyOf([compareText(Prisma.sql`u.username`, contains, spot), compareText(Prisma.sql`u.name`, contains, spot)])
        : Prisma.sql`TRUE`
      return connection(
        { columns: userColumns, from: Prisma.sql`users u`, where, order: userOrder },
        page,
        context,
        info,
      )
    },
  }),
}))
