import { Prisma } from '../../prisma/generated/client.ts'
import { type Context, inOrder, loaderOf } from '../context.ts'
import { rowBelow } from '../reading/nested.ts'
import { type UserRow, userColumns } from './user.sql.ts'

/** The user of an id; null where there is none. */
export function findUser(context: Context, id: string): Promise<UserRow | null> {
  return loaderOf<UserRow | null>(context, 'users', async (ids) =>
    inOrder(
      ids,
      await context.direct.$queryRaw<
        UserRow[]
      >`SELECT ${userColumns.all} FROM users u WHERE u.id = ANY(${ids}::uuid[])`,
    ),
  ).load(id)
}

/** The user whose id a row has in a property. */
export const userBelow = (property: string) => rowBelow(property, userColumns, Prisma.sql`users u`)
