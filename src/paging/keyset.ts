import { z } from 'zod'
import { join, raw, type Sql, sql } from '../database/sql.ts'

export interface KeyType {
  /** The type in PostgreSQL. */
  readonly name: string
  readonly cursorValue: z.ZodType
  /** The value in a cursor, by default the JSON of PostgreSQL. */
  readonly toCursorValue?: (key: Sql) => Sql
  /** The values of an enum, in its order. */
  readonly values?: readonly string[]
}

export const timestamp: KeyType = {
  name: 'timestamptz',
  // PostgreSQL rejects an excessive number of fractional digits.
  cursorValue: z.iso
    .datetime({ offset: true })
    .max(32)
    .regex(/^(?!0000).*(?:Z|[+]00:00)$/),
  // Independent of the time zone of the connection.
  toCursorValue: (key) => sql`to_char(${key} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
}
export const integer: KeyType = { name: 'integer', cursorValue: z.int32() }
export const text: KeyType = { name: 'text', cursorValue: z.string().refine((value) => !value.includes('\0')) }
export const uuid: KeyType = { name: 'uuid', cursorValue: z.guid() }
export const enumeration = (name: string, values: Readonly<Record<string, string>>): KeyType => ({
  name,
  cursorValue: z.enum(values),
  values: Object.values(values),
})

export interface SortKey {
  /** Part of cursors, so that cursors of another order are rejected. */
  readonly name: string
  readonly sql: Sql
  readonly type: KeyType
  readonly descending: boolean
  /** The position of rows without a value; absent for keys that are never null. */
  readonly nulls?: 'FIRST' | 'LAST'
}

/** The last key is unique, so that the order is total. */
export type Order = readonly SortKey[]

/** The values of a row for the keys of an order. */
export type CursorKey = readonly (string | number | null)[]

const noRows = sql`FALSE`
const allRows = sql`TRUE`

export function reverseOrder(order: Order): Order {
  return order.map((key) => ({
    ...key,
    descending: !key.descending,
    ...(key.nulls && { nulls: key.nulls === 'FIRST' ? ('LAST' as const) : ('FIRST' as const) }),
  }))
}

export function orderBy(order: Order): Sql {
  return join(
    order.map(({ sql: key, descending, nulls }) => {
      const direction = descending ? sql`DESC` : sql`ASC`
      if (!nulls) return sql`${key} ${direction}`
      return sql`${key} ${direction} NULLS ${nulls === 'FIRST' ? sql`FIRST` : sql`LAST`}`
    }),
  )
}

/**
 * The condition for the rows after a cursor key, as a range of an index over the keys: a row comparison if all keys are
 * not null and have one direction, else `a >= x AND (a > x OR …)`, key by key.
 */
export function keysetCondition(order: Order, cursorKey: CursorKey): Sql {
  const hasOneDirection = order.every(({ descending, nulls }) => !nulls && descending === order[0]?.descending)
  if (!hasOneDirection) return keyByKeyCondition(order, cursorKey)
  const keys = join(order.map(({ sql }) => sql))
  const values = join(order.map((key, index) => castValue(key, cursorKey[index] ?? null)))
  return order[0]?.descending ? sql`(${keys}) < (${values})` : sql`(${keys}) > (${values})`
}

function keyByKeyCondition([key, ...rest]: Order, [value = null, ...values]: CursorKey): Sql {
  if (!key) return noRows
  const isAfter = isStrictlyAfter(key, value)
  if (rest.length === 0) return isAfter
  return sql`(${isAtOrAfter(key, value)} AND (${isAfter} OR ${keyByKeyCondition(rest, values)}))`
}

function isStrictlyAfter(key: SortKey, value: string | number | null): Sql {
  if (value === null) return key.nulls === 'FIRST' ? sql`${key.sql} IS NOT NULL` : noRows
  const comparison = key.descending
    ? sql`${key.sql} < ${castValue(key, value)}`
    : sql`${key.sql} > ${castValue(key, value)}`
  return key.nulls === 'LAST' ? sql`(${comparison} OR ${key.sql} IS NULL)` : comparison
}

function isAtOrAfter(key: SortKey, value: string | number | null): Sql {
  if (value === null) return key.nulls === 'FIRST' ? allRows : sql`${key.sql} IS NULL`
  const comparison = key.descending
    ? sql`${key.sql} <= ${castValue(key, value)}`
    : sql`${key.sql} >= ${castValue(key, value)}`
  return key.nulls === 'LAST' ? sql`(${comparison} OR ${key.sql} IS NULL)` : comparison
}

function castValue({ type }: SortKey, value: string | number | null): Sql {
  return sql`${value}::${raw(type.name)}`
}
