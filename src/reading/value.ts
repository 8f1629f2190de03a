import type { MeteredStatements } from '../database/request-quota.ts'
import { empty, join, type Sql, sql } from '../database/sql.ts'

export interface Value<Type> {
  readonly sql: Sql
  /** Not called for null. */
  readonly decode?: (json: never) => Type
}

export function decodeValue<Type>({ decode }: Value<Type>, json: unknown): Type {
  return (decode && json !== null ? decode(json as never) : json) as Type
}

export async function readValue<Type>(db: MeteredStatements, value: Value<Type>): Promise<Type> {
  const [row] = await readTexts<{ value: string | null }>(db, value.sql, (text) => sql`SELECT ${text} AS value`)
  return decodeValue(value, parseText(row?.value ?? null))
}

/** Reads a value over one row in one statement. `rows` is a table with its condition. Null if no row matches. */
export async function readRow<Type>(db: MeteredStatements, value: Value<Type>, rows: Sql): Promise<Type | null> {
  const select = (text: Sql) => sql`SELECT ${text} AS value FROM ${rows}`
  const [row] = await readTexts<{ value: string }>(db, value.sql, select)
  return row ? decodeValue(value, parseText(row.value)) : null
}

/** Reads a value over `parent.id` for all parents in one statement. Returns the values in the order of the ids. */
export async function loadRelated<Type>(
  db: MeteredStatements,
  value: Value<Type>,
  ids: readonly string[],
): Promise<Type[]> {
  const select = (text: Sql) => sql`SELECT parent.id, ${text} AS value FROM unnest(${ids}::uuid[]) AS parent(id)`
  const rows = await readTexts<{ id: string; value: string | null }>(db, sql`to_json(${value.sql})`, select)
  const byId = new Map(rows.map(({ id, value: text }) => [id, text]))
  return ids.map((id) => decodeValue(value, parseText(byId.get(id) ?? null)))
}

const parseText = (text: string | null): unknown => (text === null ? null : JSON.parse(text))

/** The SQL function `bounded` raises an error for texts above the request quota, before they are sent. */
async function readTexts<Row extends { readonly value: string | null }>(
  db: MeteredStatements,
  json: Sql,
  select: (text: Sql) => Sql,
): Promise<Row[]> {
  const text = sql`(${json})::text`
  if (db.remainingBytes === null) return db.query<Row[]>(select(text))
  const rows = await db.query<Row[]>(select(sql`bounded(${text}, ${Math.max(0, db.remainingBytes)}::integer)`))
  for (const { value } of rows) db.remainingBytes -= value?.length ?? 0
  return rows
}

/** An object, whose members `listOf` transfers separately. */
export interface ObjectValue<Type> extends Value<Type> {
  readonly members: readonly (readonly [string, Value<unknown>])[]
}

/**
 * Combines values into an object, transferred as a JSON array, which is shorter. PostgreSQL allows 100 arguments; the limit
 * of aliases keeps selections within that.
 */
export function objectOf<Type extends object>(values: ReadonlyMap<string, Value<unknown>>): ObjectValue<Type> {
  const members = [...values]
  const parts = members.map(([, { sql }]) => sql)
  return {
    members,
    sql: sql`json_build_array(${parts.length > 0 ? join(parts) : empty})`,
    decode: (array: readonly unknown[]) => {
      const object: Record<string, unknown> = {}
      for (let index = 0; index < members.length; index++) {
        const [name, value] = members[index] as [string, Value<unknown>]
        object[name] = decodeValue(value, array[index])
      }
      return object as Type
    },
  }
}

type ListArrays = readonly (readonly unknown[] | null)[]

/**
 * A list of objects, transferred as an array per member. In an array per row, PostgreSQL would look up the type of each
 * value.
 */
export function listOf<Type extends object>(item: ObjectValue<Type>, rows: Sql): Value<Type[]> {
  const arrays = item.members.map(([, { sql: value }]) => sql`json_agg(${value})`)
  // The length of a list of objects without members.
  const columns = join(arrays.length > 0 ? arrays : [sql`json_agg(0)`])
  return {
    sql: sql`(SELECT json_build_array(${columns}) FROM ${rows})`,
    decode: (json: ListArrays) => decodeList(item, json),
  }
}

/** Decodes the JSON of `listOf`. */
export function decodeList<Type extends object>({ members }: ObjectValue<Type>, arrays: ListArrays): Type[] {
  const length = arrays[0]?.length ?? 0
  const objects: Record<string, unknown>[] = []
  for (let index = 0; index < length; index++) objects.push({})
  for (let column = 0; column < members.length; column++) {
    const [name, value] = members[column] as [string, Value<unknown>]
    const array = arrays[column] as readonly unknown[]
    for (let index = 0; index < length; index++)
      (objects[index] as Record<string, unknown>)[name] = decodeValue(value, array[index])
  }
  return objects as Type[]
}
