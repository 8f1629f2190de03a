import { Prisma } from '../../prisma/generated/client.ts'
import type { Statements } from '../database/statements.ts'

/** A SQL expression that yields JSON, and what that JSON becomes: itself, or what `decode` makes of it. */
export interface Value<Type> {
  readonly sql: Prisma.Sql
  /** Not called for null. */
  readonly decode?: (json: never) => Type
}

/** What JSON becomes under a value's `decode`. */
export function decoded<Type>({ decode }: Value<Type>, json: unknown): Type {
  return (decode && json !== null ? decode(json as never) : json) as Type
}

/** Reads a value in one statement. Rows come as one text, which is parsed once. */
export async function readValue<Type>(db: Statements, value: Value<Type>): Promise<Type> {
  const [row] = await db.$queryRaw<[{ value: string | null }]>`SELECT (${value.sql})::text AS value`
  return decoded(value, row.value === null ? null : JSON.parse(row.value))
}

/** Reads a value over one row, in one statement; null where there is no such row. `rows` is a table and its condition. */
export async function readRow<Type>(db: Statements, value: Value<Type>, rows: Prisma.Sql): Promise<Type | null> {
  const [row] = await db.$queryRaw<{ value: string }[]>`SELECT (${value.sql})::text AS value FROM ${rows}`
  return row ? decoded(value, JSON.parse(row.value)) : null
}

/**
 * Many values as one, a JSON array in PostgreSQL and an object here. The array is shorter than an object of JSON would
 * be, to build, to send and to parse. PostgreSQL takes a hundred values; the limit on aliases keeps selections below.
 */
export function objectOf<Type extends object>(values: ReadonlyMap<string, Value<unknown>>): Value<Type> {
  const entries = [...values]
  const parts = entries.map(([, { sql }]) => sql)
  return {
    sql: Prisma.sql`json_build_array(${parts.length > 0 ? Prisma.join(parts) : Prisma.empty})`,
    decode: (array: readonly unknown[]) => {
      const object: Record<string, unknown> = {}
      for (let index = 0; index < entries.length; index++) {
        const [name, value] = entries[index] as [string, Value<unknown>]
        object[name] = decoded(value, array[index])
      }
      return object as Type
    },
  }
}

/** One value for each row of a subquery, in its order. */
export function listOf<Type>({ sql, decode }: Value<Type>, rows: Prisma.Sql): Value<Type[]> {
  return {
    sql: Prisma.sql`(SELECT coalesce(json_agg(${sql}), '[]') FROM ${rows})`,
    ...(decode && { decode: (array: never[]) => array.map((json) => decode(json)) }),
  }
}
