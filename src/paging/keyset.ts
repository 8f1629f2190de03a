import { z } from 'zod'
import { join, raw, type Sql, sql } from '../database/sql.ts'

/** What a key's values are: their PostgreSQL type, and how they stand in a cursor. */
export interface KeyType {
  readonly name: string
  readonly inCursor: z.ZodType
}

export const moment: KeyType = {
  name: 'timestamptz',
  // PostgreSQL writes at most six digits of a second, and reads no endless ones.
  inCursor: z.iso
    .datetime({ offset: true })
    .max(32)
    .regex(/^(?!0000).*(?:Z|[+]00:00)$/),
}
export const integer: KeyType = { name: 'integer', inCursor: z.int32() }
export const text: KeyType = { name: 'text', inCursor: z.string().refine((value) => !value.includes('\0')) }
export const uuid: KeyType = { name: 'uuid', inCursor: z.guid() }
/** An enum of the database, which sorts in the order its words were declared in. */
export const enumeration = (name: string, words: Readonly<Record<string, string>>): KeyType => ({
  name,
  inCursor: z.enum(words),
})

/** One part of an order: an expression over the listed row, and how it sorts. */
export interface SortKey {
  /** Its name in cursors, so that a cursor of another order is refused. */
  readonly name: string
  readonly sql: Sql
  readonly type: KeyType
  readonly descending: boolean
  /** Where rows without a value stand; left out for what always has one. */
  readonly nulls?: 'FIRST' | 'LAST'
}

/** An order ends with a unique key, so that every row has its own place in it. */
export type Order = readonly SortKey[]

/** The values of a row under an order's keys: its place. */
export type Place = readonly (string | number | null)[]

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
 * The rows that come after a place, as a range that an index over the keys can be entered at: a row comparison where
 * all keys have values and one direction, else `a >= x AND (a > x OR …)`, key by key.
 */
export function after(order: Order, place: Place): Sql {
  const uniform = order.every(({ descending, nulls }) => !nulls && descending === order[0]?.descending)
  if (!uniform) return afterKey(order, place)
  const keys = join(order.map(({ sql }) => sql))
  const values = join(order.map((key, index) => bound(key, place[index] ?? null)))
  return order[0]?.descending ? sql`(${keys}) < (${values})` : sql`(${keys}) > (${values})`
}

function afterKey([key, ...rest]: Order, [value = null, ...values]: Place): Sql {
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
