import { z } from 'zod'
import { join, raw, type Sql, sql } from '../database/sql.ts'

/** The type of a key's values: in PostgreSQL, and in a cursor. */
export interface KeyType {
  readonly name: string
  readonly cursorValue: z.ZodType
}

export const moment: KeyType = {
  name: 'timestamptz',
  // PostgreSQL writes at most six digits of a second, and reads no endless ones.
  cursorValue: z.iso
    .datetime({ offset: true })
    .max(32)
    .regex(/^(?!0000).*(?:Z|[+]00:00)$/),
}
export const integer: KeyType = { name: 'integer', cursorValue: z.int32() }
export const text: KeyType = { name: 'text', cursorValue: z.string().refine((value) => !value.includes('\0')) }
export const uuid: KeyType = { name: 'uuid', cursorValue: z.guid() }
/** An enum of the database, which sorts in the order of its declaration. */
export const enumeration = (name: string, values: Readonly<Record<string, string>>): KeyType => ({
  name,
  cursorValue: z.enum(values),
})

/** One part of an order: an expression over the listed row, and how it sorts. */
export interface SortKey {
  /** The name of the key in cursors, by which cursors of another order are recognized. */
  readonly name: string
  readonly sql: Sql
  readonly type: KeyType
  readonly descending: boolean
  /** The position of rows without a value; absent for keys that are never null. */
  readonly nulls?: 'FIRST' | 'LAST'
}

/** The keys of an order. The last one is unique, so that the order is total. */
export type Order = readonly SortKey[]

/** The values of a row for the keys of an order. */
export type CursorKey = readonly (string | number | null)[]

const nothing = sql`FALSE`
const everything = sql`TRUE`

/** The order read from its end. */
export function reversed(order: Order): Order {
  return order.map((key) => ({
    ...key,
    descending: !key.descending,
    ...(key.nulls && { nulls: key.nulls === 'FIRST' ? ('LAST' as const) : ('FIRST' as const) }),
  }))
}

/** The keys as a list for ORDER BY. */
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
export function after(order: Order, cursorKey: CursorKey): Sql {
  const uniform = order.every(({ descending, nulls }) => !nulls && descending === order[0]?.descending)
  if (!uniform) return afterKey(order, cursorKey)
  const keys = join(order.map(({ sql }) => sql))
  const values = join(order.map((key, index) => bound(key, cursorKey[index] ?? null)))
  return order[0]?.descending ? sql`(${keys}) < (${values})` : sql`(${keys}) > (${values})`
}

function afterKey([key, ...rest]: Order, [value = null, ...values]: CursorKey): Sql {
  if (!key) return nothing
  const behind = beyond(key, value)
  if (rest.length === 0) return behind
  return sql`(${notBefore(key, value)} AND (${behind} OR ${afterKey(rest, values)}))`
}

/** The rows whose key sorts strictly after a value. */
function beyond(key: SortKey, value: string | number | null): Sql {
  if (value === null) return key.nulls === 'FIRST' ? sql`${key.sql} IS NOT NULL` : nothing
  const further = key.descending ? sql`${key.sql} < ${bound(key, value)}` : sql`${key.sql} > ${bound(key, value)}`
  return key.nulls === 'LAST' ? sql`(${further} OR ${key.sql} IS NULL)` : further
}

/** The rows whose key sorts at a value or after it. */
function notBefore(key: SortKey, value: string | number | null): Sql {
  if (value === null) return key.nulls === 'FIRST' ? everything : sql`${key.sql} IS NULL`
  const onwards = key.descending ? sql`${key.sql} <= ${bound(key, value)}` : sql`${key.sql} >= ${bound(key, value)}`
  return key.nulls === 'LAST' ? sql`(${onwards} OR ${key.sql} IS NULL)` : onwards
}

function bound({ type }: SortKey, value: string | number | null): Sql {
  return sql`${value}::${raw(type.name)}`
}
