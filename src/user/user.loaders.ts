import type { Context } from '../context.ts'
import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { loaderOf, rowLoader } from '../reading/loader.ts'
import { toOne } from '../reading/nested.ts'
import { usersByReference } from '../reference.ts'
import { type UserRow, userColumns } from './user.sql.ts'

export const findUser = rowLoader<UserRow>(userColumns, sql`users u`, () => sql`TRUE`)

export function loadUserByReference(context: Context, reference: string): Promise<UserRow | null> {
  return loaderOf<UserRow | null>(context, loadUserByReference, async (references) => {
    const users = await context.db.query<UserRow[]>(
      sql`SELECT ${userColumns.all} FROM users u WHERE ${usersByReference(references)}`,
    )
    const byReference = new Map(users.flatMap((user) => [[user.id, user] as const, [user.username, user] as const]))
    return references.map((text) => byReference.get(text.toLowerCase()) ?? null)
  }).load(reference)
}

/** `property` contains the id of the user. */
export const userRelation = (property: string) => toOne(property, userColumns, sql`users u`)

export async function hasUsers(db: Statements): Promise<boolean> {
  const [{ exists }] = await db.query<[{ exists: boolean }]>(sql`SELECT EXISTS (SELECT FROM users)`)
  return exists
}
