import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import { loaderOf, rowLoader } from '../reading/loader.ts'
import { toOne } from '../reading/nested.ts'
import { usersNamed } from '../reference.ts'
import { type UserRow, userColumns } from './user.sql.ts'

/** The user with an id; null if there is none. */
export const findUser = rowLoader<UserRow>(userColumns, sql`users u`, () => sql`TRUE`)

/** The user with an id or a username; null if there is none. */
export function findUserByReference(context: Context, reference: string): Promise<UserRow | null> {
  return loaderOf<UserRow | null>(context, findUserByReference, async (references) => {
    const users = await context.db.query<UserRow[]>(
      sql`SELECT ${userColumns.all} FROM users u WHERE ${usersNamed(references)}`,
    )
    const byReference = new Map(users.flatMap((user) => [[user.id, user] as const, [user.username, user] as const]))
    return references.map((one) => byReference.get(one.toLowerCase()) ?? null)
  }).load(reference)
}

/** A relation to the user whose id is in a property. */
export const userRelation = (property: string) => toOne(property, userColumns, sql`users u`)
