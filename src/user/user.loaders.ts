import { type Context, inOrder, loaderOf } from '../context.ts'
import { type UserRow, userColumns } from './user.sql.ts'

const users = (context: Context) =>
  loaderOf<UserRow | null>(context, 'users', async (ids) =>
    inOrder(
      ids,
      await context.prisma.$queryRaw<UserRow[]>`SELECT ${userColumns} FROM users u WHERE u.id = ANY(${ids}::uuid[])`,
    ),
  )

/** The user of an id; null where there is none. */
export const findUser = (context: Context, id: string) => users(context).load(id)

/** The user of an id that a row refers to. */
export async function getUser(context: Context, id: string): Promise<UserRow> {
  const user = await findUser(context, id)
  if (!user) throw new Error(`There is no user ${id}.`)
  return user
}
